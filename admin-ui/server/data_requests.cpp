#include "admin-ui/server/data_requests.hpp"

#include <boost/json.hpp>

#include "protocol/parse_number.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

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
      return wrong(name,
                   "a number from " + std::to_string(least) + " to " + std::to_string(most));
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

void read_credit(frame_reader& frame, record_credit& credit) {
  const auto* value = frame.find("credit");
  if (value == nullptr) return;
  const auto* object = value->if_object();
  if (object == nullptr) {
    frame.wrong("credit", "an object with msgs and bytes");
    return;
  }
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
    const auto partition =
        parse_number<partition_index>({each.key().data(), each.key().size()});
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
    return bad_request("an op is hello, sub, credit, pause, resume, seek, unsub or ping");
  }
  if (!reader.violations().empty()) {
    return bad_request("the frame is not valid", reader.violations());
  }
  return std::move(*made);
}

}  // namespace ottla
