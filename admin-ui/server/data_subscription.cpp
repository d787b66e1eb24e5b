#include "admin-ui/server/data_subscription.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace ottla {
namespace {

namespace json = boost::json;

constexpr size_t frame_bytes = 64 << 10;
constexpr size_t record_bytes_max = 1 << 20;
/// Of the log, for one subscription with a filter.
constexpr int64_t searched_bytes_per_tick = 32 << 20;
constexpr int64_t searched_bytes_max = int64_t{10} << 30;

std::string quoted(const std::string& text) {
  return json::serialize(json::string(text));
}

std::string quoted(int64_t number) {
  return '"' + std::to_string(number) + '"';
}

record_credit clamped(const record_credit& credit) {
  return {std::min(credit.messages, credit_messages_max), std::min(credit.bytes, credit_bytes_max)};
}

/// {"0":"17","1":"4"}
template <class Offset>
std::string offsets_text(const std::vector<partition_cursor>& cursors, Offset offset) {
  std::string text = "{";
  for (const auto& each : cursors) {
    if (text.size() > 1) text += ',';
    text += quoted(int64_t{each.partition}) + ':' + quoted(offset(each));
  }
  return text + '}';
}

}  // namespace

/// Puts records of one partition into frames of a bounded size.
class data_subscription::frame_writer {
public:
  frame_writer(std::string head, const send_frame& send) : head_(std::move(head)), send_(send) {}

  void add(const std::string& record) {
    if (!text_.empty() && text_.size() + record.size() > frame_bytes) flush();
    text_ += text_.empty() ? head_ : std::string{","};
    text_ += record;
  }
  void flush() {
    if (text_.empty()) return;
    send_(std::exchange(text_, {}) + "]}");
  }

private:
  const std::string head_;
  const send_frame& send_;
  std::string text_;
};

data_subscription::data_subscription(const subscribe_request& request, uint64_t serial)
    : id_(request.id),
      serial_(serial),
      where_(request.where),
      terms_(request.terms),
      limit_(request.limit),
      stops_at_end_(request.stops_at_end),
      samples_(request.samples),
      credit_(clamped(request.credit)) {}

data_subscription::data_subscription(const join_request& request, uint64_t serial)
    : id_(request.id),
      serial_(serial),
      terms_(request.terms),
      is_member_(true),
      credit_(clamped(request.credit)) {}

void data_subscription::reassign(uint64_t serial) {
  serial_ = serial;
  ++generation_;
  is_located_ = true;
  turn_ = 0;
  cursors_.clear();
}

void data_subscription::add(const std::string& topic, const located_topic& found) {
  for (const auto& each : found.partitions) {
    cursors_.push_back({.topic = topic,
                        .topic_id = found.id,
                        .partition = each.partition,
                        .next = each.start,
                        .end = each.end,
                        .high_watermark = each.end,
                        .is_done = stops_at_end_ && each.start >= each.end});
  }
}

void data_subscription::seek(const seek_request& request, uint64_t serial) {
  serial_ = serial;
  ++generation_;
  where_.start = request.start;
  where_.offsets = request.offsets;
  is_located_ = false;
  cursors_.clear();
}

std::string data_subscription::head(std::string_view op) const {
  return R"({"op":")" + std::string{op} + R"(","id":)" + std::to_string(id_) + R"(,"gen":)" +
         std::to_string(generation_);
}

void data_subscription::located(const located_topic& found, const send_frame& send) {
  is_located_ = true;
  turn_ = 0;
  cursors_.clear();
  add(where_.topic, found);
  send(head("ok") + R"(,"t":)" + quoted(where_.topic) + R"(,"start":)" +
       offsets_text(cursors_, [](const auto& each) { return each.next; }) + R"(,"end":)" +
       offsets_text(cursors_, [](const auto& each) { return each.end; }) + R"(,"credit":{"msgs":)" +
       std::to_string(credit_.messages) + R"(,"bytes":)" + std::to_string(credit_.bytes) + "}}");
}

void data_subscription::add_credit(const record_credit& more) {
  const bool had_none = credit_.messages <= 0 || credit_.bytes <= 0;
  for (auto& each : cursors_) each.must_skip = each.must_skip || (samples_ && had_none);
  // Clamped before they are added: what is given may be any number.
  const auto added = clamped(more);
  credit_ = clamped({credit_.messages + added.messages, credit_.bytes + added.bytes});
}

bool data_subscription::may_send() const {
  return is_located_ && !is_paused_ && credit_.messages > 0 && credit_.bytes > 0 &&
         limit_.value_or(1) > 0;
}

// --- asking ---

/// Partitions of which old records are read at the same time.
size_t data_subscription::asked_behind_max() const {
  if (!is_searching()) return 4;
  return search_.bytes_since_tick < searched_bytes_per_tick ? 1 : 0;
}

std::optional<size_t> data_subscription::next_to_ask() {
  if (!may_send()) return std::nullopt;
  size_t asked_behind = 0;
  for (const auto& each : cursors_) {
    if (each.is_asked && each.is_behind()) ++asked_behind;
  }
  for (size_t i = 0; i < cursors_.size(); ++i) {
    const auto index = (turn_ + i) % cursors_.size();
    auto& each = cursors_[index];
    if (each.is_asked || each.is_done || each.is_resting) continue;
    if (each.is_behind() && asked_behind >= asked_behind_max()) continue;
    each.is_asked = true;
    turn_ = index + 1;
    return index;
  }
  return std::nullopt;
}

follow_question data_subscription::question(const partition_cursor& cursor) const {
  auto asked = terms_;
  asked.topic = cursor.topic_id;
  asked.partition = cursor.partition;
  asked.offset = cursor.must_skip ? follow_question::at_the_end : cursor.next;
  return asked;
}

bool data_subscription::tick(const send_frame& send) {
  for (auto& each : cursors_) each.is_resting = false;
  search_.bytes_since_tick = 0;
  if (!std::exchange(search_.is_news, false)) return false;
  send(head("progress") + R"(,"scanned":)" + quoted(search_.scanned_records) +
       R"(,"scannedBytes":)" + quoted(search_.scanned_bytes) + R"(,"matched":)" +
       quoted(search_.matched) + R"(,"pos":)" + positions() + "}");
  return true;
}

std::string data_subscription::positions() const {
  return offsets_text(cursors_, [](const auto& each) { return each.next; });
}

void data_subscription::count_searched(const record_stretch& stretch) {
  search_.scanned_bytes += stretch.scanned_bytes;
  search_.scanned_records += stretch.scanned_records;
  search_.bytes_since_tick += stretch.scanned_bytes;
  search_.is_news = true;
}

// --- what comes ---

void data_subscription::say_gap(const partition_cursor& cursor, log_offset to, std::string_view why,
                                const send_frame& send) const {
  send(head("gap") + R"(,"t":)" + quoted(cursor.topic) + R"(,"p":)" +
       std::to_string(cursor.partition) + R"(,"from":)" + quoted(cursor.next) + R"(,"to":)" +
       quoted(to) + R"(,"why":")" + std::string{why} + "\"}");
}

void data_subscription::take(partition_cursor& cursor, const record_stretch& stretch,
                             const send_frame& send) {
  cursor.is_troubled = false;
  cursor.high_watermark = stretch.high_watermark;
  if (!may_send()) return;
  if (is_searching()) count_searched(stretch);
  if (stretch.from != cursor.next) {
    const bool is_gone = stretch.from > cursor.next;
    const char* why = cursor.must_skip ? "sampled" : is_gone ? "retention" : "truncated";
    say_gap(cursor, stretch.from, why, send);
    cursor.next = stretch.from;
  }
  cursor.must_skip = false;
  frame_writer frames{head("recs") + R"(,"t":)" + quoted(cursor.topic) + R"(,"p":)" +
                          std::to_string(cursor.partition) + R"(,"hw":)" +
                          quoted(stretch.high_watermark) + R"(,"lso":)" +
                          quoted(stretch.high_watermark) + R"(,"recs":[)",
                      send};
  for (const auto& record : stretch.records) {
    if (stops_at_end_ && record.offset >= cursor.end) break;
    if (!may_send()) return frames.flush();
    if (record.text.size() > record_bytes_max) {
      frames.flush();
      cursor.next = record.offset;
      say_gap(cursor, record.offset + 1, "oversize", send);
    } else {
      frames.add(record.text);
      --credit_.messages;
      credit_.bytes -= static_cast<int64_t>(record.text.size());
      if (limit_) --*limit_;
      ++search_.matched;
    }
    cursor.next = record.offset + 1;
  }
  frames.flush();
  cursor.is_done = stops_at_end_ && stretch.next >= cursor.end;
  cursor.next = cursor.is_done ? cursor.end : stretch.next;
}

bool data_subscription::say_if_ended(const send_frame& send) const {
  const bool is_full = limit_ && *limit_ == 0;
  const bool is_at_end =
      is_located_ && !is_member_ && std::ranges::all_of(cursors_, &partition_cursor::is_done);
  const bool is_spent = search_.scanned_bytes >= searched_bytes_max;
  if (!is_full && !is_at_end && !is_spent) return false;
  const char* why = is_full ? "limit" : is_at_end ? "end" : "scan-budget";
  send(head("end") + R"(,"why":")" + why + R"(","pos":)" + positions() + "}");
  return true;
}

}  // namespace ottla
