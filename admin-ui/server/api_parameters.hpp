// What handlers read from requests, and how they answer. Inside admin-ui/server only.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "admin-ui/server/api.hpp"
#include "admin-ui/server/view_json.hpp"
#include "protocol/parse_number.hpp"

namespace ottla {

http_reply json_reply(const boost::json::object& body, int status = 200);

/// Answers with what `render` makes of the backend's answer, or with its fault as a problem.
template <class T, class Render>
admin_reply<T> reply_with(const api_call& call, Render render) {
  return admin_reply<T>{
      [respond = call.respond, request = call.request, render](outcome<T> answer) {
        if (!answer) return respond(reply_of(problem_of(answer.error()), request->id));
        respond(render(*answer));
      }};
}

template <class T>
admin_reply<T> reply_with_json(const api_call& call) {
  return reply_with<T>(call, [](const T& view) { return json_reply(to_json(view)); });
}

inline admin_reply<change_made> reply_with_nothing(const api_call& call) {
  return reply_with<change_made>(call,
                                 [](const change_made&) { return http_reply{204, {}, {}, {}}; });
}

/// A number from `least` to `most` in the query; absent: `target` stays.
template <class Number>
void read_number(const api_call& call, const char* name, int64_t least, int64_t most,
                 Number& target, std::vector<violation>& wrong) {
  const auto text = call.request->parameter(name);
  if (!text) return;
  const auto number = parse_number<int64_t>(*text);
  if (!number || *number < least || *number > most) {
    wrong.push_back(
        {name, "a number from " + std::to_string(least) + " to " + std::to_string(most)});
    return;
  }
  target = static_cast<Number>(*number);
}

/// `q`, `sort`, `limit` and `cursor`. Refuses the request, and returns nothing, if one is wrong.
std::optional<page_request> read_page(const api_call& call,
                                      std::span<const std::string_view> sort_keys);

/// "true" or "false" in the query; refuses anything else.
std::optional<bool> read_flag(const api_call& call, std::string_view name);

/// The body, if it is a JSON object with known members only; else refuses.
std::optional<boost::json::object> read_body(const api_call& call,
                                             std::span<const std::string_view> members);

// Members of bodies. What is wrong is noted under the path of the member.

/// A whole number of 64 bits, as a string or a number; nothing for anything else.
std::optional<int64_t> whole_number(const boost::json::value& value);

/// 1 to `most` objects under `name`; nothing, and a note, for anything else.
const boost::json::array* read_objects(const boost::json::object& body, const char* name,
                                       size_t most, std::vector<violation>& wrong);

/// The number of a partition under `name`, which must be there.
std::optional<partition_index> read_partition(const boost::json::object& body, const char* name,
                                              const std::string& where,
                                              std::vector<violation>& wrong);

/// Whether the query repeats what is to go, which is what `what` says; else refuses.
bool is_confirmed(const api_call& call, const std::string& name, std::string what);

}  // namespace ottla
