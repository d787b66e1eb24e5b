#include "actors/handlers/fetch_sessions.hpp"

#include <iterator>

namespace ottla {

size_t fetch_session::hash_target::operator()(const fetch_target& target) const noexcept {
  return std::hash<std::string>{}(target.topic) ^ std::hash<uuid>{}(target.topic_id) ^
         (static_cast<size_t>(target.partition) * 0x9e3779b97f4a7c15u);
}

size_t fetch_session::size() const {
  std::lock_guard lock{mutex_};
  return followed_.size();
}

std::vector<fetch_position> fetch_session::positions() const {
  std::lock_guard lock{mutex_};
  std::vector<fetch_position> all;
  all.reserve(followed_.size());
  for (const auto& each : followed_) all.push_back(each.position);
  return all;
}

void fetch_session::update(const std::vector<fetch_position>& wanted,
                           const std::vector<fetch_target>& forgotten) {
  std::lock_guard lock{mutex_};
  for (const auto& position : wanted) {
    auto known = index_.find(position.target);
    if (known != index_.end()) {
      known->second->position = position;
      continue;
    }
    followed_.push_back({position, {}});
    index_.emplace(position.target, std::prev(followed_.end()));
  }
  for (const auto& target : forgotten) {
    auto known = index_.find(target);
    if (known == index_.end()) continue;
    followed_.erase(known->second);
    index_.erase(known);
  }
}

bool fetch_session::answered(const fetch_target& target, const fetch_answer_facts& facts) {
  std::lock_guard lock{mutex_};
  auto known = index_.find(target);
  if (known == index_.end()) return true;
  auto& last = known->second->last;
  bool is_news = facts.has_records || facts.diverges || facts.is_sent_elsewhere ||
                 facts.error != error_code::none || facts.high_watermark != last.high_watermark ||
                 facts.log_start_offset != last.log_start_offset;
  last = facts;
  if (facts.error != error_code::none) last.high_watermark = -1;  // repeat it until it is gone
  if (facts.has_records) followed_.splice(followed_.end(), followed_, known->second);
  return is_news;
}

fetch_context fetch_sessions::open(fetch_session_request request, int64_t now_ms) {
  constexpr int32_t initial_epoch = 0;
  constexpr int32_t final_epoch = -1;
  if (request.epoch != initial_epoch && request.epoch != final_epoch) {
    return continue_session(std::move(request), now_ms);
  }
  std::lock_guard lock{mutex_};
  if (request.session_id != 0) slots_.erase(request.session_id);
  fetch_context context;
  if (request.epoch == initial_epoch) context.session = make_session(request, now_ms);
  context.positions = std::move(request.wanted);
  return context;
}

fetch_context fetch_sessions::continue_session(fetch_session_request request, int64_t now_ms) {
  std::lock_guard lock{mutex_};
  auto found = slots_.find(request.session_id);
  if (found == slots_.end()) return {.error = error_code::fetch_session_id_not_found};
  auto& kept = found->second;
  if (request.epoch != kept.next_epoch) return {.error = error_code::invalid_fetch_session_epoch};
  if (request.by_topic_id != kept.session->by_topic_id()) {
    return {.error = error_code::fetch_session_topic_id_error};
  }
  kept.next_epoch = next_fetch_epoch(request.epoch);
  kept.used_ms = now_ms;
  kept.session->update(request.wanted, request.forgotten);
  kept.partitions = kept.session->size();
  fetch_context context{.session = kept.session, .incremental = true};
  context.positions = kept.session->positions();
  if (kept.partitions == 0) {  // nothing left to follow: the session ends, the answer has id 0
    slots_.erase(found);
    context.session.reset();
    context.incremental = false;
  }
  return context;
}

std::shared_ptr<fetch_session> fetch_sessions::make_session(const fetch_session_request& request,
                                                            int64_t now_ms) {
  if (request.wanted.empty() || !make_room(request.wanted.size(), now_ms)) return nullptr;
  int32_t id = 0;
  while (id == 0 || slots_.contains(id)) id = static_cast<int32_t>(next_random_() & 0x7fffffff);
  auto session = std::make_shared<fetch_session>(id, request.by_topic_id);
  session->update(request.wanted, {});
  slots_.emplace(id, slot{session, 1, now_ms, now_ms, session->size()});
  return session;
}

// A slot is taken from the session that was idle longest, if that is long enough; else from the
// smallest one that is smaller than the new one and has had its time.
bool fetch_sessions::make_room(size_t partitions, int64_t now_ms) {
  if (slots_.size() < limits_.slots) return true;
  if (slots_.empty()) return false;
  auto idlest = slots_.begin();
  auto smallest = slots_.end();
  for (auto each = slots_.begin(); each != slots_.end(); ++each) {
    if (each->second.used_ms < idlest->second.used_ms) idlest = each;
    bool had_its_time = now_ms - each->second.created_ms > limits_.min_eviction_ms;
    if (!had_its_time || each->second.partitions >= partitions) continue;
    if (smallest == slots_.end() || each->second.partitions < smallest->second.partitions) {
      smallest = each;
    }
  }
  bool is_idle = now_ms - idlest->second.used_ms > limits_.min_eviction_ms;
  auto victim = is_idle ? idlest : smallest;
  if (victim == slots_.end()) return false;
  slots_.erase(victim);
  ++evictions_;
  return true;
}

size_t fetch_sessions::size() const {
  std::lock_guard lock{mutex_};
  return slots_.size();
}

uint64_t fetch_sessions::evictions() const {
  std::lock_guard lock{mutex_};
  return evictions_;
}

}  // namespace ottla
