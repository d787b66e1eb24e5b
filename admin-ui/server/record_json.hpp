// Records as JSON: text stays text, other bytes are base64, and what is cut says so. Inside
// admin-ui/server, and for whoever looks records through for it.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "admin-ui/server/record_views.hpp"

namespace ottla {

/// null, a string, {"b": base64}, or the beginning with its true size: {"s" or "b", "n", "cut"}.
boost::json::value json_of(const std::optional<shown_bytes>& shown);
/// Pairs of a name and a value.
boost::json::array json_of(const std::vector<shown_header>& headers);

/// What json_of makes of a whole value; `target` stays empty for null. False if it is none.
bool read_bytes(const boost::json::value& value, std::optional<std::string>& target);
bool read_headers(const boost::json::value& value, new_record& record);

/// A record of the WebSocket's frames: {"o", "ts", "k", "v", "h"}; no "h" where it has no headers.
std::string frame_text(const shown_record_view& record);

}  // namespace ottla
