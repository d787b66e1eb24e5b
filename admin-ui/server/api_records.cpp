// Records of a partition: reading and producing.
#include <algorithm>
#include <boost/json.hpp>

#include "admin-ui/server/api_handlers.hpp"
#include "admin-ui/server/api_parameters.hpp"
#include "admin-ui/server/record_json.hpp"
#include "protocol/parse_number.hpp"

namespace ottla {
namespace {

namespace json = boost::json;
using violations = std::vector<violation>;

constexpr size_t records_max = 100;

std::optional<partition_index> parse_partition(std::string_view text) {
  const auto partition = parse_number<partition_index>(text);
  return partition && *partition >= 0 ? partition : std::nullopt;
}

void read_start(const api_call& call, records_question& question, violations& wrong) {
  const auto& request = *call.request;
  const int given = (request.parameter("offset") ? 1 : 0) +
                    (request.parameter("timestamp") ? 1 : 0) + (request.parameter("tail") ? 1 : 0);
  if (given > 1) wrong.push_back({"offset", "one of offset, timestamp and tail"});
  int64_t number = 0;
  if (request.parameter("timestamp")) {
    read_number(call, "timestamp", 0, INT64_MAX, number, wrong);
    question.start = from_time{number};
  } else if (request.parameter("tail")) {
    read_number(call, "tail", 1, INT64_MAX, number, wrong);
    question.start = from_tail{number};
  } else {
    read_number(call, "offset", 0, INT64_MAX, number, wrong);
    question.start = from_offset{number};
  }
}

void read_part(const api_call& call, const char* name, bytes_match& target) {
  auto part = call.request->parameter(name).value_or("");
  if (!part.empty()) target = {bytes_match::how::contains, std::move(part)};
}

json::object to_json(const shown_record_view& record) {
  return {{"offset", std::to_string(record.offset)},
          {"timestamp", record.timestamp},
          {"key", json_of(record.key)},
          {"value", json_of(record.value)},
          {"headers", json_of(record.headers)},
          {"sizeBytes", record.size_bytes}};
}

const char* name_of(page_end ended) {
  switch (ended) {
    case page_end::limit:
      return "limit";
    case page_end::end:
      return "end";
    case page_end::budget:
      break;
  }
  return "budget";
}

json::object to_json(const records_page& page) {
  json::array items;
  for (const auto& each : page.records) items.push_back(to_json(each));
  return {{"items", std::move(items)},
          {"logStart", std::to_string(page.log_start)},
          {"highWatermark", std::to_string(page.high_watermark)},
          {"start", std::to_string(page.start)},
          {"next", std::to_string(page.next)},
          {"end", name_of(page.ended_by)},
          {"scannedRecords", std::to_string(page.scanned_records)},
          {"scannedBytes", std::to_string(page.scanned_bytes)}};
}

bool read_member(std::string_view name, const json::value& value, new_record& record) {
  if (name == "key") return read_bytes(value, record.key);
  if (name == "value") return read_bytes(value, record.value);
  if (name == "headers") return read_headers(value, record);
  const auto* number = value.if_int64();
  if (number == nullptr || *number < 0) return false;
  if (name == "timestamp") {
    record.timestamp = *number;
    return true;
  }
  if (name != "partition" || *number > INT32_MAX) return false;
  record.partition = static_cast<partition_index>(*number);
  return true;
}

void read_record(const json::value& value, const std::string& where, produce_question& question,
                 violations& wrong) {
  const auto* members = value.if_object();
  if (members == nullptr) return wrong.push_back({where, "an object"});
  auto& record = question.records.emplace_back();
  for (const auto& each : *members) {
    const std::string_view name{each.key().data(), each.key().size()};
    if (!read_member(name, each.value(), record)) {
      wrong.push_back({where + "/" + std::string{name},
                       "key and value are text, null or {\"b\": base64}; headers are [name, value] "
                       "pairs; partition and timestamp are numbers; there is nothing else"});
    }
  }
}

json::object to_json(const std::vector<produced_record>& results, const std::string& request_id) {
  json::array items;
  for (const auto& each : results) {
    json::object item{{"partition", each.partition}};
    if (each.failure) {
      item["problem"] = json::parse(ottla::to_json(problem_of(*each.failure), request_id));
    } else {
      item["offset"] = std::to_string(each.offset);
    }
    items.push_back(std::move(item));
  }
  return {{"results", std::move(items)}};
}

}  // namespace

void answer_records(const api_call& call) {
  const auto partition = parse_partition(call.parameters.at(1));
  if (!partition) return call.refuse(bad_request("the partition is not a number"));
  records_question question{.topic = call.parameters.front(), .partition = *partition};
  violations wrong;
  read_start(call, question, wrong);
  read_number(call, "limit", 1, 500, question.limit, wrong);
  read_number(call, "preview", 0, 256 << 10, question.preview_bytes, wrong);
  read_number(call, "scan", 1, 64 << 20, question.scan_bytes_max, wrong);
  read_part(call, "key", question.filter.key);
  read_part(call, "value", question.filter.value);
  if (!wrong.empty()) return call.refuse(bad_request("the query is not valid", std::move(wrong)));
  call.backend->records(std::move(question),
                        reply_with<records_page>(call, [](const records_page& page) {
                          return json_reply(to_json(page));
                        }));
}

void produce_records(const api_call& call) {
  constexpr std::string_view members[] = {"records"};
  auto body = read_body(call, members);
  if (!body) return;
  const auto* list = body->if_contains("records");
  const auto* items = list == nullptr ? nullptr : list->if_array();
  if (items == nullptr || items->empty() || items->size() > records_max) {
    return call.refuse(bad_request("the body is not valid", {{"/records", "1 to 100 records"}}));
  }
  produce_question question{.topic = call.parameters.front()};
  violations wrong;
  for (size_t i = 0; i < items->size(); ++i) {
    read_record((*items)[i], "/records/" + std::to_string(i), question, wrong);
  }
  if (!wrong.empty()) return call.refuse(bad_request("the body is not valid", std::move(wrong)));
  call.backend->produce(
      std::move(question),
      reply_with<std::vector<produced_record>>(
          call, [id = call.request->id](const std::vector<produced_record>& results) {
            return json_reply(to_json(results, id));
          }));
}

}  // namespace ottla
