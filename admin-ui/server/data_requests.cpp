#include "admin-ui/server/data_requests.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "admin-ui/server/record_json.hpp"
#include "protocol/parse_number.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

constexpr size_t group_topics_max = 100;

std::string_view view_of(const json::string& text) {
  return {text.data(), text.size()};
}

/// A whole number, or its digits in a string: offsets may be larger than a number of JavaScript.
std::optional<int64_t> whole_number(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  if (const auto* text = value.if_string()) return parse_number<int64_t>(view_of(*text));
  return std::nullopt;
}

/// Reads the members of a frame and keeps what is wrong with them.
class frame_reader {
public:
  explicit frame_reader(const json::object& frame, std::string path = "/")
      : frame_(frame), path_(std::move(path)) {}

  [[nodiscard]] const json::value* find(std::string_view name) const {
    return frame_.if_contains({name.data(), name.size()});
  }

  bool text(std::string_view name, std::string& target, bool is_needed = false) {
    const auto* value = find(name);
    if (value == nullptr) {
      if (is_needed) wrong(name, "must be there");
      return false;
    }
    if (!value->is_string()) return wrong(name, "a string");
    target = view_of(value->get_string());
    return true;
  }

  template <class Number>
  bool number(std::string_view name, int64_t least, int64_t most, Number& target) {
    const auto* value = find(name);
    if (value == nullptr) return false;
    const auto read = whole_number(*value);
    if (!read || *read < least || *read > most) {
      return wrong(name, "a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    target = static_cast<Number>(*read);
    return true;
  }

  void flag(std::string_view name, bool& target) {
    const auto* value = find(name);
    if (value == nullptr) return;
    if (!value->is_bool()) {
      wrong(name, "true or false");
      return;
    }
    target = value->get_bool();
  }

  bool wrong(std::string_view name, std::string message) {
    violations_.push_back({path_ + std::string{name}, std::move(message)});
    return false;
  }

  /// The same list of what is wrong, for an object inside this one.
  [[nodiscard]] const std::vector<violation>& violations() const { return violations_; }
  void add(const std::vector<violation>& more) {
    violations_.insert(violations_.end(), more.begin(), more.end());
  }

private:
  const json::object& frame_;
  std::string path_;
  std::vector<violation> violations_;
};

/// The member, if it is there and an object.
const json::object* find_object(frame_reader& frame, std::string_view name) {
  const auto* value = frame.find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) frame.wrong(name, "an object");
  return value->if_object();
}

void read_credit(frame_reader& frame, record_credit& credit) {
  const auto* object = find_object(frame, "credit");
  if (object == nullptr) return;
  credit = {};
  frame_reader inner{*object, "/credit/"};
  inner.number("msgs", 0, INT64_MAX, credit.messages);
  inner.number("bytes", 0, INT64_MAX, credit.bytes);
  frame.add(inner.violations());
}

bool read_offsets(const json::value& value, std::map<partition_index, log_offset>& target) {
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  for (const auto& each : *object) {
    const auto partition = parse_number<partition_index>({each.key().data(), each.key().size()});
    const auto offset = whole_number(each.value());
    if (!partition || *partition < 0 || !offset || *offset < 0) return false;
    target[*partition] = *offset;
  }
  return true;
}

/// "latest", "earliest", {"tail": n}, {"timestamp": ms} or {"offsets": {"0": "123"}}.
bool read_start(const json::value& value, record_start& start,
                std::map<partition_index, log_offset>& offsets) {
  if (const auto* word = value.if_string()) {
    if (*word == "latest") return start = from_tail{0}, true;
    if (*word == "earliest") return start = from_offset{0}, true;
    return false;
  }
  const auto* object = value.if_object();
  if (object == nullptr || object->size() != 1) return false;
  const auto& only = *object->begin();
  if (only.key() == "offsets") return read_offsets(only.value(), offsets);
  const auto number = whole_number(only.value());
  if (!number || *number < 0) return false;
  if (only.key() == "tail") return start = from_tail{*number}, true;
  if (only.key() == "timestamp") return start = from_time{*number}, true;
  return false;
}

void read_start(frame_reader& frame, std::string_view name, record_start& start,
                std::map<partition_index, log_offset>& offsets) {
  const auto* value = frame.find(name);
  if (value == nullptr || read_start(*value, start, offsets)) return;
  frame.wrong(name,
              R"("latest", "earliest", {"tail": n}, {"timestamp": ms} or {"offsets": {"0": "7"}})");
}

void read_partitions(frame_reader& frame, locate_question& where) {
  const auto* value = frame.find("partitions");
  if (value == nullptr) return;
  if (value->is_string() && value->get_string() == "all") return;
  const auto* list = value->if_array();
  auto& chosen = where.partitions.emplace();
  for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const auto number = whole_number((*list)[i]);
    if (!number || *number < 0 || *number > INT32_MAX) {
      list = nullptr;
      break;
    }
    chosen.push_back(static_cast<partition_index>(*number));
  }
  std::sort(chosen.begin(), chosen.end());
  const bool is_twice = std::adjacent_find(chosen.begin(), chosen.end()) != chosen.end();
  if (list == nullptr || chosen.empty() || is_twice) {
    frame.wrong("partitions", R"("all" or a list of partitions, each once)");
  }
}

/// {"contains": text}, {"prefix": text} or {"eq": text}
void read_match(frame_reader& frame, std::string_view name, bytes_match& target) {
  using how = bytes_match::how;
  const auto* object = find_object(frame, name);
  if (object == nullptr) return;
  const auto& only = object->size() == 1 ? *object->begin() : json::key_value_pair{"", nullptr};
  std::optional<std::string> text;
  target.by = only.key() == "contains" ? how::contains
              : only.key() == "prefix" ? how::begins_with
              : only.key() == "eq"     ? how::equals
                                       : how::anything;
  if (target.by == how::anything || !read_bytes(only.value(), text) || !text) {
    frame.wrong(name, R"({"contains": text}, {"prefix": text} or {"eq": text})");
    return;
  }
  target.text = std::move(*text);
}

void read_header_match(frame_reader& frame, record_filter& filter) {
  const auto* object = find_object(frame, "header");
  if (object == nullptr) return;
  frame_reader inner{*object, "/filter/header/"};
  inner.text("name", filter.header.emplace(), true);
  if (inner.text("eq", filter.header_value.text)) {
    filter.header_value.by = bytes_match::how::equals;
  }
  frame.add(inner.violations());
}

/// [from, until], either of which may be null.
void read_times(frame_reader& frame, record_filter& filter) {
  const auto* value = frame.find("ts");
  if (value == nullptr) return;
  const auto* pair = value->if_array();
  bool is_right = pair != nullptr && pair->size() == 2;
  for (size_t i = 0; is_right && i < 2; ++i) {
    if ((*pair)[i].is_null()) continue;
    const auto time = whole_number((*pair)[i]);
    is_right = time && *time >= 0;
    if (is_right) (i == 0 ? filter.from_time : filter.until_time) = *time;
  }
  if (!is_right) frame.wrong("ts", "[from, until] in milliseconds, either of which may be null");
}

void read_filter(frame_reader& frame, record_filter& filter) {
  const auto* object = find_object(frame, "filter");
  if (object == nullptr) return;
  frame_reader inner{*object, "/filter/"};
  for (const auto& each : *object) {
    const std::string_view name{each.key().data(), each.key().size()};
    if (name != "key" && name != "value" && name != "header" && name != "ts") {
      inner.wrong(name, "there are key, value, header and ts");
    }
  }
  read_match(inner, "key", filter.key);
  read_match(inner, "value", filter.value);
  read_header_match(inner, filter);
  read_times(inner, filter);
  frame.add(inner.violations());
}

subscribe_request read_subscribe(frame_reader& frame, int64_t id) {
  subscribe_request made{.id = id};
  frame.text("topic", made.where.topic, true);
  read_partitions(frame, made.where);
  read_start(frame, "from", made.where.start, made.where.offsets);
  std::string isolation;
  if (frame.text("isolation", isolation)) {
    made.terms.committed_only = isolation == "read_committed";
    if (!made.terms.committed_only && isolation != "read_uncommitted") {
      frame.wrong("isolation", R"("read_uncommitted" or "read_committed")");
    }
  }
  frame.number("preview", 0, preview_bytes_max, made.terms.preview_bytes);
  int64_t limit = 0;
  if (frame.number("limit", 1, INT64_MAX, limit)) made.limit = limit;
  frame.flag("stopAtEnd", made.stops_at_end);
  std::string mode;
  if (frame.text("mode", mode)) {
    made.samples = mode == "sample";
    if (!made.samples && mode != "lossless") frame.wrong("mode", R"("lossless" or "sample")");
  }
  read_filter(frame, made.terms.filter);
  read_credit(frame, made.credit);
  return made;
}

seek_request read_seek(frame_reader& frame, int64_t id) {
  seek_request made{.id = id, .start = from_tail{0}};
  if (frame.find("to") == nullptr) frame.wrong("to", "must be there");
  read_start(frame, "to", made.start, made.offsets);
  return made;
}

credit_request read_more_credit(frame_reader& frame, int64_t id) {
  credit_request made{.id = id};
  frame.number("msgs", 0, INT64_MAX, made.more.messages);
  frame.number("bytes", 0, INT64_MAX, made.more.bytes);
  return made;
}

void read_topics(frame_reader& frame, std::vector<std::string>& topics) {
  const auto* value = frame.find("topics");
  const auto* list = value == nullptr ? nullptr : value->if_array();
  bool is_right = list != nullptr && !list->empty() && list->size() <= group_topics_max;
  for (size_t i = 0; is_right && i < list->size(); ++i) {
    is_right = (*list)[i].is_string() && !(*list)[i].get_string().empty();
    if (is_right) topics.emplace_back(view_of((*list)[i].get_string()));
  }
  std::ranges::sort(topics);
  is_right = is_right && std::ranges::adjacent_find(topics) == topics.end();
  if (!is_right) frame.wrong("topics", "a list of 1 to 100 topics, each once");
}

join_request read_join(frame_reader& frame, int64_t id) {
  join_request made{.id = id};
  frame.text("group", made.who.group, true);
  read_topics(frame, made.who.topics);
  std::string word;
  if (frame.text("commit", word)) {
    made.commits_by_itself = word == "auto";
    if (!made.commits_by_itself && word != "manual") {
      frame.wrong("commit", R"("manual" or "auto")");
    }
  }
  if (frame.text("reset", word)) {
    if (word == "earliest") made.reset = from_offset{0};
    if (word != "earliest" && word != "latest") {
      frame.wrong("reset", R"("latest" or "earliest")");
    }
  }
  if (frame.text("instance", word)) made.who.instance = word;
  frame.number("sessionTimeoutMs", 1'000, 1'800'000, made.who.session_timeout_ms);
  frame.number("preview", 0, preview_bytes_max, made.terms.preview_bytes);
  read_credit(frame, made.credit);
  return made;
}

/// [topic, partition, next offset]
std::optional<group_position> read_position(const json::value& value) {
  const auto* triple = value.if_array();
  if (triple == nullptr || triple->size() != 3 || !(*triple)[0].is_string()) return std::nullopt;
  const auto partition = whole_number((*triple)[1]);
  const auto offset = whole_number((*triple)[2]);
  if (!partition || *partition < 0 || *partition > INT32_MAX) return std::nullopt;
  if (!offset || *offset < 0) return std::nullopt;
  return group_position{std::string{view_of((*triple)[0].get_string())},
                        static_cast<partition_index>(*partition), *offset};
}

ack_request read_ack(frame_reader& frame, int64_t id) {
  ack_request made{.id = id};
  const auto* value = frame.find("offsets");
  const auto* list = value == nullptr ? nullptr : value->if_array();
  bool is_right = list != nullptr;
  for (size_t i = 0; is_right && i < list->size(); ++i) {
    auto position = read_position((*list)[i]);
    is_right = position.has_value();
    if (is_right) made.positions.push_back(std::move(*position));
  }
  if (!is_right) frame.wrong("offsets", "a list of [topic, partition, next offset]");
  return made;
}

bool read_record_member(std::string_view name, const json::value& value, new_record& record) {
  if (name == "k") return read_bytes(value, record.key);
  if (name == "v") return read_bytes(value, record.value);
  if (name == "h") return read_headers(value, record);
  const auto number = whole_number(value);
  if (!number || *number < 0) return false;
  if (name == "ts") return record.timestamp = *number, true;
  if (name != "p" || *number > INT32_MAX) return false;
  return record.partition = static_cast<partition_index>(*number), true;
}

void read_acks(frame_reader& frame, int16_t& acks) {
  const auto* value = frame.find("acks");
  if (value == nullptr || *value == "all") return;
  frame.number("acks", -1, 1, acks);
}

publish_request read_publish(frame_reader& frame, int64_t id) {
  publish_request made{.id = id};
  frame.text("topic", made.what.topic, true);
  read_acks(frame, made.what.acks);
  const auto* value = frame.find("records");
  const auto* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->empty() || list->size() > published_records_max) {
    frame.wrong("records", "1 to 500 records");
    return made;
  }
  for (size_t i = 0; i < list->size(); ++i) {
    auto& record = made.what.records.emplace_back();
    const auto* members = (*list)[i].if_object();
    const bool is_right =
        members != nullptr && std::ranges::all_of(*members, [&](const auto& each) {
          return read_record_member({each.key().data(), each.key().size()}, each.value(), record);
        });
    if (is_right) continue;
    frame.wrong("records/" + std::to_string(i),
                "k and v are text, null or {\"b\": base64}, h is a list of [name, value], p and ts "
                "are numbers; there is nothing else");
    break;
  }
  return made;
}

hello_request read_hello(frame_reader& frame) {
  int32_t version = 0;
  hello_request made;
  if (!frame.number("v", 1, 1, version)) frame.wrong("v", "1");
  frame.text("client", made.client);
  return made;
}

std::optional<data_request> read_of(frame_reader& frame, std::string_view op, int64_t id) {
  if (op == "sub") return read_subscribe(frame, id);
  if (op == "credit") return read_more_credit(frame, id);
  if (op == "pause" || op == "resume") return pause_request{id, op == "pause"};
  if (op == "seek") return read_seek(frame, id);
  if (op == "unsub") return unsubscribe_request{id};
  if (op == "pub") return read_publish(frame, id);
  if (op == "join") return read_join(frame, id);
  if (op == "ack") return read_ack(frame, id);
  if (op == "leave") return leave_request{id};
  return std::nullopt;
}

}  // namespace

std::variant<data_request, problem> read_data_request(const json::object& frame) {
  frame_reader reader{frame};
  std::string op;
  if (!reader.text("op", op)) return bad_request("a frame is an object with an op");
  if (op == "ping") return data_request{ping_request{}};
  std::optional<data_request> made;
  if (op == "hello") {
    made = read_hello(reader);
  } else {
    int64_t id = 0;
    if (!reader.number("id", 0, INT32_MAX, id)) {
      return bad_request("the id is a whole number, not negative");
    }
    made = read_of(reader, op, id);
  }
  if (!made) {
    return bad_request(
        "an op is hello, sub, credit, pause, resume, seek, unsub, pub, join, ack, leave or "
        "ping");
  }
  if (!reader.violations().empty()) {
    return bad_request("the frame is not valid", reader.violations());
  }
  return std::move(*made);
}

}  // namespace ottla
