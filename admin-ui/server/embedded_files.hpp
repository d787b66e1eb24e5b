// What cmake/OttlaEmbed.cmake makes of files: generated, one table.
#pragma once

#include <span>

#include "admin-ui/server/static_files.hpp"

namespace ottla {

/// The built dashboard; empty if there was none when the program was built.
std::span<const embedded_file> embedded_files();

}  // namespace ottla
