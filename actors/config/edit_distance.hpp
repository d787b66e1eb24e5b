// How far two words are apart: for suggestions after a typing mistake.
#pragma once

#include <cstddef>
#include <string_view>

namespace ottla {

/// Least number of characters to insert, remove or replace. Costs the product of the lengths.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace ottla
