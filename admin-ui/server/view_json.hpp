// The backend's answers as JSON. Numbers of 64 bits are strings: browsers would round them.
#pragma once

#include <boost/json/object.hpp>

#include "admin-ui/server/admin_backend.hpp"

namespace ottla {

boost::json::object to_json(const cluster_view& view);
boost::json::object to_json(const brokers_view& view);
boost::json::object to_json(const traffic_view& view);
boost::json::object to_json(const topics_page& page);
boost::json::object to_json(const topic_view& view);
boost::json::object to_json(const std::vector<config_view>& configs);
boost::json::object to_json(const groups_page& page);
boost::json::object to_json(const group_detail& view);
boost::json::object to_json(const created_topic& topic);

/// Where the next page begins, as an opaque text, and back.
std::string encode_cursor(const page_request::position& position);
std::optional<page_request::position> decode_cursor(std::string_view text);

}  // namespace ottla
