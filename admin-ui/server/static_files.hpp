// The dashboard's files, built into the program (see CMakeLists.txt); without them a page that says
// so.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "admin-ui/server/http_message.hpp"

namespace ottla {

/// One file that is part of the program.
struct embedded_file {
  std::string_view path;  ///< "/index.html"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;  ///< The same, compressed; empty: there is none.
  std::string_view hash;  ///< Of the bytes.
};

/// The answer to a GET or HEAD of one of `files`; nothing if there is none of that name. Without
/// any file "/" is a page that says so.
std::optional<http_reply> find_static_file(std::span<const embedded_file> files,
                                           const http_request& request);

/// Tells one build of the dashboard from another; empty if there is none in this program.
std::string_view dashboard_hash();

}  // namespace ottla
