#include "actors/admin/feeds_actor.hpp"

#include <algorithm>
#include <caf/error.hpp>
#include <utility>

#include "actors/admin/gather_for.hpp"
#include "actors/admin/in_turns.hpp"
#include "actors/admin/partition_faults.hpp"
#include "actors/admin/record_scan.hpp"
#include "admin-ui/server/record_json.hpp"

namespace ottla {
namespace {

constexpr int32_t read_bytes_max = 256 << 10;
constexpr int32_t searched_bytes_max = 1 << 20;  ///< The same where few records may be wanted.
constexpr int64_t shown_bytes_max = 64 << 10;
constexpr size_t partitions_at_a_time = 64;
/// Between two reads at the end of a log: what comes meanwhile goes out together.
constexpr int64_t linger_ms = 20;

fault no_topic(const std::string& what) {
  return {error_code::unknown_topic_or_partition, what, 0};
}

}  // namespace

feeds_actor::feeds_actor(caf::actor_config& config, unit& where, const broker_services* services,
                         admin_worker_handle worker, admin_worker_handle searcher)
    : pinned(config, where),
      services_(*services),
      worker_(std::move(worker)),
      searcher_(std::move(searcher)),
      remote_(*this, where, *services) {}

feeds_actor::behavior_type feeds_actor::make_behavior() {
  return {
      [this](const feed_question& question) { question.ask(*this); },
      [this](const partition_changed& news) { changed(news); },
      [this](const timer_expired& timer) {
        auto found = keys_.find(timer.token);
        if (found == keys_.end()) return;
        const auto key = found->second;
        feeds_.at(key).linger = {};
        wake(key);
      },
  };
}

void feeds_actor::on_exit() {
  is_over_ = true;
  this->send_exit(worker_, caf::exit_reason::user_shutdown);
  for (auto& [key, each] : feeds_) {
    cancel_timer(each.linger);
    unwatch(key, each);
  }
  remote_.end();
  // Replies that are let go of say that the broker stops, and come back to nobody.
  feeds_.clear();
  keys_.clear();
  followers_.clear();
}

broker_id feeds_actor::leader_of(const topic_id_partition& key) const {
  const auto image = services_.metadata->get();
  const auto topic = image ? image->find_topic(key.topic_id) : nullptr;
  const auto* record = topic ? topic->find_partition(key.partition) : nullptr;
  return record == nullptr ? no_broker : record->leader.id;
}

// --- where to begin ---

struct feeds_actor::locating {
  locate_question question;
  located_topic found;
  std::optional<fault> failure;
};

void feeds_actor::locate(const locate_question& question, const admin_reply<located_topic>& reply) {
  const auto image = services_.metadata->get();
  const auto topic = image ? image->find_topic(question.topic) : nullptr;
  if (!topic) return reply(no_topic("there is no topic '" + question.topic + "'"));
  locating begun{.question = question, .found = {.id = topic->id()}};
  for (partition_index i = 0; !question.partitions && i < topic->partition_count(); ++i) {
    begun.found.partitions.push_back({.partition = i});
  }
  for (auto each : question.partitions.value_or(std::vector<partition_index>{})) {
    if (each >= topic->partition_count()) {
      return reply(no_topic("the topic has no partition " + std::to_string(each)));
    }
    begun.found.partitions.push_back({.partition = each});
  }
  auto all = gather_for<locating>(std::move(begun), [reply](locating& ended) {
    if (ended.failure) return reply(std::move(*ended.failure));
    reply(std::move(ended.found));
  });
  in_turns::start(all->found.partitions.size(), partitions_at_a_time,
                  [this, all](size_t i, const in_turns::ended_function& ended) {
                    if (is_over_ || all->failure) return ended();
                    locate_one(all, i, ended);
                  });
}

void feeds_actor::locate_one(const std::shared_ptr<locating>& all, size_t index,
                             std::function<void()> ended) {
  const topic_id_partition key{all->found.id, all->found.partitions[index].partition};
  find_ends(key, [=, this](outcome<log_ends> said) {
    if (said) return begin_at(all, index, *said, ended);
    all->failure = std::move(said.error());
    ended();
  });
}

void feeds_actor::begin_at(const std::shared_ptr<locating>& all, size_t index, const log_ends& said,
                           const std::function<void()>& ended) {
  const topic_id_partition key{all->found.id, all->found.partitions[index].partition};
  auto begin = [=](log_offset offset) {
    auto& place = all->found.partitions[index];
    place.start = std::clamp(offset, said.start, std::max(said.start, said.high_watermark));
    place.end = said.high_watermark;
    ended();
  };
  const auto& question = all->question;
  if (auto named = question.offsets.find(key.partition); named != question.offsets.end()) {
    return begin(named->second);
  }
  if (const auto* start = std::get_if<from_offset>(&question.start)) return begin(start->offset);
  if (const auto* tail = std::get_if<from_tail>(&question.start)) {
    return begin(said.high_watermark - std::min(tail->count, said.high_watermark));
  }
  find_time(key, std::get<from_time>(question.start).timestamp,
            [=, end = said.high_watermark](outcome<log_offset> found) {
              if (found) return begin(*found < 0 ? end : *found);
              all->failure = std::move(found.error());
              ended();
            });
}

// --- here or elsewhere ---

std::optional<remote_partition> feeds_actor::elsewhere(const topic_id_partition& key) const {
  const auto leader = leader_of(key);
  if (leader == no_broker || leader == services_.config->get()->node_id) return std::nullopt;
  return remote_partition{leader, key};
}

void feeds_actor::find_time(const topic_id_partition& key, timestamp_ms timestamp,
                            const remote_partitions::use<log_offset>& use) {
  const auto handle = services_.partitions->find(key);
  const auto there = elsewhere(key);
  // Only the leader says what was when.
  if (there) return remote_.find_offset(*there, timestamp, use);
  if (!handle) return use(not_here(leader_of(key)));
  this->request(handle, caf::infinite, query_offset{.timestamp = timestamp})
      .then(
          [=, this](const offset_result& found) {
            if (found.error == error_code::none) return use(found.offset);
            use(refusal(found.error, leader_of(key)));
          },
          [=, this](const caf::error&) { use(not_here(leader_of(key))); });
}

void feeds_actor::find_ends(const topic_id_partition& key, const use_ends& use) {
  if (const auto handle = services_.partitions->find(key)) {
    this->request(handle, caf::infinite, query_partition{})
        .then(
            [use](const partition_description& said) {
              use(log_ends{said.log_start_offset, said.high_watermark});
            },
            [=, this](const caf::error&) { use(not_here(leader_of(key))); });
    return;
  }
  const auto there = elsewhere(key);
  if (!there) return use(not_here(leader_of(key)));
  remote_.find_offset(*there, offset_earliest, [=, this](outcome<log_offset> start) {
    if (!start) return use(std::move(start.error()));
    remote_.find_offset(*there, offset_latest, [use, start = *start](outcome<log_offset> end) {
      if (!end) return use(std::move(end.error()));
      use(log_ends{start, *end});
    });
  });
}

// --- followers ---

void feeds_actor::follow(uint64_t number, const follow_question& question,
                         const admin_reply<record_stretch_ptr>& reply) {
  const topic_id_partition key{question.topic, question.partition};
  const auto image = services_.metadata->get();
  if (is_over_) return;
  if (!image || !image->find_topic(question.topic)) {
    return reply(no_topic("the topic is gone"));
  }
  auto& of = feeds_[key];
  if (of.id == 0) {
    of.id = ++last_id_;
    keys_.emplace(of.id, key);
  }
  of.hungry.push_back({number, question, reply});
  followers_.emplace(number, key);
  step(key);
}

void feeds_actor::unfollow(uint64_t number) {
  auto found = followers_.find(number);
  if (found == followers_.end()) return;
  const auto key = found->second;
  followers_.erase(found);
  auto& of = feeds_.at(key);
  const auto is_it = [number](const waiter& each) { return each.number == number; };
  std::erase_if(of.hungry, is_it);
  std::erase_if(of.parked, is_it);
  drop_if_unused(key);
}

void feeds_actor::drop_if_unused(const topic_id_partition& key) {
  auto found = feeds_.find(key);
  if (found == feeds_.end()) return;
  auto& of = found->second;
  if (of.is_reading || !of.hungry.empty() || !of.parked.empty()) return;
  unwatch(key, of);
  cancel_timer(of.linger);
  keys_.erase(of.id);
  feeds_.erase(found);
}

std::vector<feeds_actor::waiter> feeds_actor::take_hungry(feed& of,
                                                          const follow_question& question) {
  const auto asks_so = [&](const waiter& each) { return each.question == question; };
  const auto begin =
      std::stable_partition(of.hungry.begin(), of.hungry.end(), std::not_fn(asks_so));
  std::vector<waiter> taken{std::make_move_iterator(begin),
                            std::make_move_iterator(of.hungry.end())};
  of.hungry.erase(begin, of.hungry.end());
  return taken;
}

// --- news of the partition ---

void feeds_actor::changed(const partition_changed& news) {
  auto found = feeds_.find(news.partition);
  if (found == feeds_.end() || found->second.id != news.watch_id) return;
  auto& of = found->second;
  if (news.error != error_code::none) of.is_watching = false;
  // Who still reads will ask again when it has read everything.
  if (of.parked.empty()) return unwatch(news.partition, of);
  wake_soon(news.partition, of);
}

void feeds_actor::wake_soon(const topic_id_partition& key, feed& of) {
  if (of.linger) return;
  const auto wait_ms = of.served_ms + linger_ms - time().mono_ms();
  if (wait_ms <= 0) return wake(key);
  of.linger = arm_timer(wait_ms, of.id);
}

void feeds_actor::wake(const topic_id_partition& key) {
  auto& of = feeds_.at(key);
  for (auto& each : std::exchange(of.parked, {})) of.hungry.push_back(std::move(each));
  step(key);
}

void feeds_actor::unwatch(const topic_id_partition& key, feed& of) {
  if (!std::exchange(of.is_watching, false)) return;
  if (of.is_remote) return remote_.unwatch(key);
  if (auto handle = services_.partitions->find(key)) {
    this->send(handle, unwatch_partition{caf::weak_actor_ptr{ctrl()}, of.id});
  }
}

// --- reading ---

/// Reads for the first who is hungry, and for all who ask alike.
void feeds_actor::step(const topic_id_partition& key) {
  auto& of = feeds_.at(key);
  if (of.is_reading || is_over_) return;
  while (!of.hungry.empty()) {
    const auto question = of.hungry.front().question;
    if (!of.last || of.last_question != question) return read(key, of, question);
    serve(key, question, of.last);
  }
  drop_if_unused(key);
}

void feeds_actor::read(const topic_id_partition& key, feed& of, const follow_question& question) {
  const auto handle = services_.partitions->find(key);
  const auto there = handle ? std::nullopt : elsewhere(key);
  if (!handle && !there) return fail(key, question, not_here(leader_of(key)));
  if (of.is_remote != there.has_value()) unwatch(key, of);  // it has come, or gone
  of.is_remote = there.has_value();
  if (question.offset == follow_question::at_the_end) return find_place(key, question);
  if (there) return read_elsewhere(*there, question);
  const bool is_search = question.filter != record_filter{};
  read_partition wanted{.fetch_offset = question.offset,
                        .max_bytes = is_search ? searched_bytes_max : read_bytes_max,
                        .at_least_one_batch = true,
                        .from_any_replica = true};
  if (question.committed_only) wanted.isolation = isolation_level::read_committed;
  of.asked_to_watch = !of.is_watching;
  if (of.asked_to_watch) {
    wanted.watch = {.session = caf::weak_actor_ptr{ctrl()}, .watch_id = of.id, .below_bytes = 1};
  }
  of.is_reading = true;
  this->request(handle, caf::infinite, wanted)
      .then([=, this](const read_result& found) { has_read(key, question, found); },
            [=, this](const caf::error&) { fail(key, question, not_here(leader_of(key))); });
}

void feeds_actor::read_elsewhere(const remote_partition& there, const follow_question& question) {
  auto& of = feeds_.at(there.key);
  of.is_reading = true;
  of.asked_to_watch = false;
  const bool is_search = question.filter != record_filter{};
  remote_.read(there, question.offset, is_search ? searched_bytes_max : read_bytes_max,
               question.committed_only, [=, this](outcome<read_result> found) {
                 if (!found) return fail(there.key, question, found.error());
                 has_read(there.key, question, *found);
               });
}

void feeds_actor::has_read(const topic_id_partition& key, const follow_question& question,
                           const read_result& found) {
  if (is_over_) return;
  if (found.error == error_code::offset_out_of_range) return find_place(key, question);
  if (found.error != error_code::none) {
    return fail(key, question, refusal(found.error, leader_of(key)));
  }
  if (size_bytes(found.records) == 0) return park(key, question);
  scan(key, question, found);
}

/// Tells where the log ends now, or begins if it has been cut there.
void feeds_actor::find_place(const topic_id_partition& key, const follow_question& question) {
  feeds_.at(key).is_reading = true;
  find_ends(key, [=, this](outcome<log_ends> said) {
    if (!said) return fail(key, question, said.error());
    const bool is_before =
        question.offset != follow_question::at_the_end && question.offset < said->start;
    record_stretch moved{.high_watermark = said->high_watermark};
    moved.from = moved.next = is_before ? said->start : said->high_watermark;
    serve(key, question, std::make_shared<const record_stretch>(std::move(moved)));
    feeds_.at(key).is_reading = false;
    step(key);
  });
}

void feeds_actor::park(const topic_id_partition& key, const follow_question& question) {
  auto& of = feeds_.at(key);
  of.is_reading = false;
  of.is_watching = of.is_watching || of.asked_to_watch;
  of.last = nullptr;
  if (of.is_remote && !of.is_watching) watch_elsewhere(key, question.offset);
  if (of.is_watching) {
    for (auto& each : take_hungry(of, question)) of.parked.push_back(std::move(each));
  }
  step(key);
}

void feeds_actor::watch_elsewhere(const topic_id_partition& key, log_offset offset) {
  const auto there = elsewhere(key);
  if (!there) return;  // it will be read once more, and then told
  auto& of = feeds_.at(key);
  of.is_watching = true;
  remote_.watch(*there, offset, [=, this, id = of.id] {
    auto found = feeds_.find(key);
    if (found == feeds_.end() || found->second.id != id) return;
    found->second.is_watching = false;
    if (!found->second.parked.empty()) wake_soon(key, found->second);
  });
}

void feeds_actor::fail(const topic_id_partition& key, const follow_question& question,
                       const fault& why) {
  auto& of = feeds_.at(key);
  of.is_reading = false;
  of.last = nullptr;
  for (auto& each : take_hungry(of, question)) {
    followers_.erase(each.number);
    each.reply(why);
  }
  step(key);
}

void feeds_actor::serve(const topic_id_partition& key, const follow_question& question,
                        const record_stretch_ptr& stretch) {
  auto& of = feeds_.at(key);
  of.served_ms = time().mono_ms();
  for (auto& each : take_hungry(of, question)) {
    followers_.erase(each.number);
    each.reply(stretch);
  }
}

/// On its way through the worker's thread.
struct feeds_actor::stretch_work {
  records_question terms;
  records_page page;
  record_stretch made;

  outcome<void> run(const gather_piece& batches) {
    auto bytes = flatten({batches});
    if (!bytes) return std::move(bytes.error());
    if (auto done = scan_batches(bytes->view(), terms, page); !done) return done;
    if (page.next == made.from) {
      return fault{error_code::corrupt_message,
                   "there is no whole batch at offset " + std::to_string(made.from), 0};
    }
    for (const auto& each : page.records) made.records.push_back({each.offset, frame_text(each)});
    made.next = page.next;
    made.scanned_records = page.scanned_records;
    made.scanned_bytes = page.scanned_bytes;
    return {};
  }
};

void feeds_actor::scan(const topic_id_partition& key, const follow_question& question,
                       const read_result& found) {
  auto work = std::make_shared<stretch_work>();
  work->terms = {.limit = question.records_max,
                 .preview_bytes = question.preview_bytes,
                 .shown_bytes_max = shown_bytes_max,
                 .filter = question.filter};
  work->page.next = question.offset;
  work->made.from = question.offset;
  work->made.high_watermark = found.high_watermark;
  const bool is_search = question.filter != record_filter{};
  this->request(is_search ? searcher_ : worker_, caf::infinite,
                admin_work{[work, batches = found.records] { return work->run(batches); }})
      .then(
          [=, this](const work_done& ended) {
            if (is_over_) return;
            if (ended.failure) return fail(key, question, *ended.failure);
            auto& of = feeds_.at(key);
            of.is_reading = false;
            of.last_question = question;
            of.last = std::make_shared<const record_stretch>(std::move(work->made));
            serve(key, question, of.last);
            step(key);
          },
          [=, this](const caf::error&) {
            fail(key, question, {error_code::broker_not_available, "the broker is stopping", 0});
          });
}

}  // namespace ottla
