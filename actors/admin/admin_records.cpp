// Records, for the admin interface: pages of a partition's log, and producing.
#include <algorithm>
#include <caf/error.hpp>
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/admin_actor.hpp"
#include "actors/admin/partition_faults.hpp"
#include "actors/admin/record_scan.hpp"
#include "protocol/record_batch_builder.hpp"

namespace ottla {
namespace {

constexpr int32_t read_bytes_max = 256 << 10;
constexpr int32_t produce_timeout_ms = 10'000;

nullable_bytes bytes_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return as_byte_span(*text);
}

void add_record(record_batch_builder& batch, const new_record& record, timestamp_ms now) {
  std::vector<record_header_view> headers;
  for (const auto& [name, value] : record.headers) headers.push_back({name, bytes_of(value)});
  batch.append({.timestamp = record.timestamp.value_or(now),
                .key = bytes_of(record.key),
                .value = bytes_of(record.value),
                .headers = headers});
}

}  // namespace

/// One page on its way: the partition is asked and its batches are looked through, in turns.
struct admin_actor::record_read {
  records_question question;
  admin_reply<records_page> reply;
  partition_handle partition;
  broker_id leader = no_broker;
  records_page page;
};

void admin_actor::records(const records_question& question,
                          const admin_reply<records_page>& reply) {
  auto topic = topic_for(question.topic, reply);
  if (!topic) return;
  const auto* record = topic->find_partition(question.partition);
  if (record == nullptr) {
    return reply(fault{error_code::unknown_topic_or_partition,
                       "the topic has no partition " + std::to_string(question.partition), 0});
  }
  auto partition = services_.partitions->find({topic->id(), question.partition});
  if (!partition) return reply(not_here(record->leader.id));
  auto read =
      std::make_shared<record_read>(record_read{question, reply, partition, record->leader.id, {}});
  auto gone = [reply](const caf::error&) {
    reply(fault{error_code::not_leader_or_follower, "the partition has moved", 0});
  };
  this->request(partition, caf::infinite, query_partition{})
      .then([=, this](const partition_description& said) { begin_read(read, said); }, gone);
}

void admin_actor::begin_read(const record_read_ptr& read, const partition_description& said) {
  auto& page = read->page;
  page.log_start = said.log_start_offset;
  page.high_watermark = said.high_watermark;
  auto from = [=, this](log_offset offset) {
    read->page.start = std::clamp(offset, read->page.log_start, read->page.high_watermark);
    read->page.next = read->page.start;
    read_on(read);
  };
  if (const auto* start = std::get_if<from_offset>(&read->question.start)) {
    return from(start->offset);
  }
  if (const auto* tail = std::get_if<from_tail>(&read->question.start)) {
    return from(page.high_watermark - std::min(tail->count, page.high_watermark));
  }
  const auto timestamp = std::get<from_time>(read->question.start).timestamp;
  this->request(read->partition, caf::infinite, query_offset{.timestamp = timestamp})
      .then(
          [=](const offset_result& found) {
            if (found.error != error_code::none) {
              return read->reply(refusal(found.error, read->leader));
            }
            from(found.offset < 0 ? read->page.high_watermark : found.offset);
          },
          [read](const caf::error&) {
            read->reply(refusal(error_code::not_leader_or_follower, read->leader));
          });
}

void admin_actor::read_on(const record_read_ptr& read) {
  if (is_over_) return;
  this->request(read->partition, caf::infinite,
                read_partition{.fetch_offset = read->page.next,
                               .max_bytes = static_cast<int32_t>(std::min<int64_t>(
                                   read_bytes_max, read->question.scan_bytes_max)),
                               .at_least_one_batch = true,
                               .from_any_replica = true})
      .then(
          [=, this](const read_result& found) {
            if (found.error != error_code::none) {
              return read->reply(refusal(found.error, read->leader));
            }
            if (size_bytes(found.records) == 0) return read->reply(std::move(read->page));
            scan(read, found.records);
          },
          [read](const caf::error&) {
            read->reply(refusal(error_code::not_leader_or_follower, read->leader));
          });
}

/// On the thread that may touch the disk and take its time.
void admin_actor::scan(const record_read_ptr& read, const gather_piece& batches) {
  auto work = [read, batches] {
    auto bytes = flatten({batches});
    if (!bytes) return outcome<void>{std::move(bytes.error())};
    return scan_batches(bytes->view(), read->question, read->page);
  };
  this->request(worker_, caf::infinite, admin_work{std::move(work)})
      .then(
          [=, this](const work_done& ended) {
            if (ended.failure) return read->reply(*ended.failure);
            const auto& page = read->page;
            const bool is_at_end =
                page.ended_by == page_end::end && page.next >= page.high_watermark;
            if (page.ended_by != page_end::end || is_at_end) {
              return read->reply(std::move(read->page));
            }
            read_on(read);
          },
          [](const caf::error&) {});
}

void admin_actor::produce(const produce_question& question,
                          const admin_reply<std::vector<produced_record>>& reply) {
  auto topic = topic_for(question.topic, reply);
  if (!topic) return;
  if (topic->is_internal()) {
    return reply(fault{error_code::invalid_topic_exception,
                       "the topic is internal: only the broker writes it", 0});
  }
  const auto partitions = topic->partition_count();
  const auto for_keyless = static_cast<partition_index>(produced_++ % partitions);
  const auto now = time().wall_ms();
  std::map<partition_index, record_batch_builder> batches;
  std::map<partition_index, std::vector<size_t>> places;
  using results = std::vector<produced_record>;
  auto answers = gather_for<results>(results(question.records.size()),
                                     [reply](results& all) { reply(std::move(all)); });
  for (size_t i = 0; i < question.records.size(); ++i) {
    const auto& record = question.records[i];
    const auto partition = record.partition ? *record.partition
                           : record.key     ? partition_for_key(*record.key, partitions)
                                            : for_keyless;
    (*answers)[i].partition = partition;
    if (partition >= partitions) {
      (*answers)[i].failure = fault{error_code::unknown_topic_or_partition,
                                    "the topic has no partition " + std::to_string(partition), 0};
      continue;
    }
    add_record(batches[partition], record, now);
    places[partition].push_back(i);
  }
  for (auto& [partition, batch] : batches) {
    append(*topic, partition, question.acks, batch,
           [answers, mine = std::move(places[partition])](const append_result& said,
                                                          const fault& why) {
             for (size_t n = 0; n < mine.size(); ++n) {
               auto& answer = (*answers)[mine[n]];
               if (said.error == error_code::none) {
                 answer.offset = said.base_offset + static_cast<log_offset>(n);
               } else {
                 answer.failure = why;
               }
             }
           });
  }
}

void admin_actor::append(const topic_image& topic, partition_index partition, int16_t acks,
                         record_batch_builder& batch,
                         std::function<void(const append_result&, const fault&)> answered) {
  const auto leader = topic.partition(partition).leader.id;
  auto failed = [answered, leader] {
    answered({.error = error_code::not_leader_or_follower}, not_here(leader));
  };
  auto handle = services_.partitions->find({topic.id(), partition});
  auto bytes = batch.build();
  if (!bytes) return answered({.error = bytes.error().code}, bytes.error());
  if (!handle) return failed();
  this->request(
          handle, caf::infinite,
          append_batch{.batch = std::move(*bytes), .acks = acks, .timeout_ms = produce_timeout_ms})
      .then(
          [answered, leader](const append_result& said) {
            auto why = refusal(said.error, leader);
            if (!said.message.empty()) why.message = said.message;
            answered(said, why);
          },
          [failed](const caf::error&) { failed(); });
}

}  // namespace ottla
