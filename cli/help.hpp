// Help pages, from the tree of commands.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace ottla {

/// The page of the command at the end of `path`, which begins with the program itself.
std::string help_page(const std::vector<const command*>& path);

/// "ottla topic create".
std::string command_words(const std::vector<const command*>& path);

/// The member of `words` nearest to `typed` by edit distance, or empty if none is near.
std::string nearest_word(const std::vector<std::string>& words, const std::string& typed);

}  // namespace ottla
