// ottla log dump|verify
#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <memory>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/log_report.hpp"
#include "cli/output.hpp"
#include "cli/position.hpp"
#include "cli/record_format.hpp"
#include "protocol/compression.hpp"
#include "storage/posix_file_system.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct log_options {
  std::vector<std::string> paths;
  bool records = false;
  bool json = false;
};

outcome<std::vector<std::string>> segments_of(file_system& disk, const log_options& options) {
  std::vector<std::string> all;
  for (const auto& path : options.paths) {
    auto found = find_segments(disk, path);
    if (!found) return found;
    if (found->empty()) {
      return fault{
          error_code::log_dir_not_found,
          fmt::format("{} holds no segments (files such as 00000000000000000000.log)", path)};
    }
    all.insert(all.end(), found->begin(), found->end());
  }
  return all;
}

std::string producer_text(const record_batch_header& header) {
  if (!header.has_producer()) return "-";
  return fmt::format("{}/{} from {}", header.producer_id, header.producer_epoch,
                     header.base_sequence);
}

std::string flags_text(const record_batch_header& header) {
  std::string text;
  if (header.is_control()) text += " control";
  if (header.is_transactional()) text += " transactional";
  if (header.time_type() == timestamp_type::log_append_time) text += " log-append-time";
  return text;
}

std::string batch_text(const located_batch& batch) {
  const auto& header = batch.header;
  return fmt::format(
      "{:>10}-{:<10} position {} size {} records {} codec {} epoch {} time {} producer {}{}\n",
      header.base_offset, header.last_offset(), batch.position, batch.length(), header.record_count,
      codec_name(header.codec()), header.epoch,
      header.max_timestamp < 0 ? "-" : format_time(header.max_timestamp), producer_text(header),
      flags_text(header));
}

json::object batch_json(const std::string& segment, const located_batch& batch,
                        std::span<const std::byte> bytes) {
  const auto& header = batch.header;
  auto view = record_batch_view::parse(bytes);
  return {{"segment", segment},
          {"position", batch.position},
          {"size", batch.length()},
          {"base_offset", header.base_offset},
          {"last_offset", header.last_offset()},
          {"records", header.record_count},
          {"codec", codec_name(header.codec())},
          {"leader_epoch", header.epoch},
          {"max_timestamp", header.max_timestamp},
          {"producer_id", header.producer_id},
          {"producer_epoch", header.producer_epoch},
          {"base_sequence", header.base_sequence},
          {"crc_valid", view && view->crc_valid()},
          {"control", header.is_control()},
          {"transactional", header.is_transactional()}};
}

std::optional<std::string_view> text_of(const nullable_bytes& bytes) {
  return bytes ? std::optional(as_text(*bytes)) : std::nullopt;
}

shown_record shown_of(const record_view& record) {
  shown_record shown{.offset = record.offset,
                     .timestamp_ms = record.timestamp,
                     .key = text_of(record.key),
                     .value = text_of(record.value)};
  for (const auto& header : record.headers()) {
    auto value = text_of(header.value);
    shown.headers.emplace_back(header.key,
                               value ? std::optional<std::string>(*value) : std::nullopt);
  }
  return shown;
}

std::string record_text(const record_view& record) {
  return "    " + format_fields(shown_of(record), "offset,timestamp,key,headers");
}

json::value record_json(const record_view& record) {
  auto made = json::parse(format_json(shown_of(record)));
  made.as_object().stable_erase("topic");
  made.as_object().stable_erase("partition");
  return made;
}

/// False once nobody reads the output any more.
bool dump_batch(const std::string& segment, const located_batch& batch,
                std::span<const std::byte> bytes, const log_options& options,
                std::vector<std::byte>& scratch) {
  auto view = record_batch_view::parse(bytes);
  if (options.json) {
    auto object = batch_json(segment, batch, bytes);
    json::array records;
    if (view && options.records) {
      auto read = for_each_record(*view, scratch, [&](const record_view& record) {
        records.push_back(record_json(record));
      });
      if (!read) object["problem"] = read.error().message;
      object["values"] = std::move(records);
    }
    return print(json::serialize(object) + "\n");
  }
  std::string text = batch_text(batch);
  if (view && !view->crc_valid()) text += "    WRONG CRC\n";
  if (view && options.records) {
    auto read = for_each_record(*view, scratch,
                                [&](const record_view& record) { text += record_text(record); });
    if (!read) text += "    UNREADABLE: " + read.error().message + "\n";
  }
  return print(text);
}

int dump(const log_options& options) {
  posix_file_system disk;
  auto segments = segments_of(disk, options);
  if (!segments) return report(segments.error());
  int exit_code = exit_ok;
  std::vector<std::byte> scratch;
  for (const auto& segment : *segments) {
    if (!options.json && !print(segment + "\n")) return exit_ok;
    bool is_read = true;
    auto walked = for_each_batch(disk, segment,
                                 [&](const located_batch& batch, std::span<const std::byte> bytes) {
                                   auto view = record_batch_view::parse(bytes);
                                   if (!view || !view->crc_valid()) exit_code = exit_failed;
                                   is_read = dump_batch(segment, batch, bytes, options, scratch);
                                   return is_read;
                                 });
    if (!is_read) return exit_ok;
    if (!walked) exit_code = report(segment + ": " + walked.error().message);
  }
  return exit_code;
}

int verify(const log_options& options) {
  posix_file_system disk;
  auto segments = segments_of(disk, options);
  if (!segments) return report(segments.error());
  text_table table({{"SEGMENT"},
                    {"OFFSETS"},
                    {"BATCHES", alignment::right},
                    {"RECORDS", alignment::right},
                    {"SIZE", alignment::right},
                    {"RESULT"}});
  json::array list;
  bool is_good = true;
  for (const auto& segment : *segments) {
    auto checked = verify_segment(disk, segment);
    if (!checked) return report(segment + ": " + checked.error().message);
    is_good = is_good && checked->problems.empty();
    auto result = checked->problems.empty() ? std::string("good") : checked->problems.front();
    if (checked->problems.size() > 1) {
      result +=
          fmt::format(" (and {})", counted(std::ssize(checked->problems) - 1, "more problem"));
    }
    auto offsets = checked->first_offset < 0
                       ? std::string("-")
                       : fmt::format("{}-{}", checked->first_offset, checked->last_offset);
    table.add({segment, offsets, with_separators(checked->batches),
               with_separators(checked->records), readable_bytes(checked->bytes), result});
    json::array problems;
    for (const auto& problem : checked->problems) problems.push_back(json::value(problem));
    list.push_back(json::object{{"segment", segment},
                                {"first_offset", checked->first_offset},
                                {"last_offset", checked->last_offset},
                                {"batches", checked->batches},
                                {"records", checked->records},
                                {"size", checked->bytes},
                                {"problems", std::move(problems)}});
  }
  print(options.json ? to_json_text(list) : table.to_text());
  return is_good ? exit_ok : exit_failed;
}

command make(std::string name, std::string summary, int (*run)(const log_options&),
             const std::function<void(command&, log_options&)>& fill) {
  auto options = std::make_shared<log_options>();
  command made{.name = std::move(name), .summary = std::move(summary)};
  made.arguments = {{"PATH...",
                     &options->paths,
                     "Segment files, directories of partitions, or whole log directories",
                     true,
                     {},
                     completion_hint::file}};
  made.description = made.summary +
                     ". Works beside a running Ottla; stop Apache Kafka first, whose open indexes "
                     "are padded.";
  fill(made, *options);
  made.run = [options, run] { return run(*options); };
  return made;
}

}  // namespace

command log_command() {
  auto dump_command =
      make("dump", "Print the batches of segment files", dump, [](command& c, log_options& o) {
        c.options = {{"-r,--records", &o.records, "", "Also their records"},
                     {"--json", &o.json, "", "One JSON object per batch"}};
        c.examples = {"ottla log dump data/orders-0",
                      "ottla log dump --records "
                      "data/orders-0/00000000000000000000.log"};
      });
  auto verify_command =
      make("verify", "Check every batch, record and index; fails if one is damaged", verify,
           [](command& c, log_options& o) {
             c.options = {{"--json", &o.json, "", "Print JSON for programs"}};
             c.examples = {"ottla log verify data", "ottla log verify data/orders-0"};
           });
  return {.name = "log",
          .summary = "Dump and verify the files of partitions, without a broker",
          .subcommands = {std::move(dump_command), std::move(verify_command)}};
}

}  // namespace ottla
