#include "actors/handlers/fetch.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "actors/handlers/fetch_answer.hpp"
#include "actors/handlers/partition_access.hpp"

namespace ottla {
namespace {

constexpr api_version first_version_of_followers = 11;  // KIP-392
constexpr api_version first_version_by_id = 13;

fetch_session_request session_request(const fetch_request& request, api_version version) {
  fetch_session_request asked{.session_id = request.session_id,
                              .epoch = request.session_epoch,
                              .by_topic_id = version >= first_version_by_id};
  for (const auto& topic : request.topics) {
    for (const auto& each : topic.partitions) {
      asked.wanted.push_back({.target = {topic.topic, topic.topic_id, each.partition},
                              .fetch_offset = each.fetch_offset,
                              .max_bytes = each.partition_max_bytes,
                              .current_epoch = each.current_leader_epoch,
                              .last_fetched_epoch = each.last_fetched_epoch});
    }
  }
  for (const auto& topic : request.forgotten_topics_data) {
    for (auto partition : topic.partitions) {
      asked.forgotten.push_back({topic.topic, topic.topic_id, partition});
    }
  }
  return asked;
}

/// The replica that the request says it comes from; consumers name none.
std::optional<replica_seat> asking_replica(const fetch_request& request) {
  const auto& state = request.replica_state;
  if (state.replica_id >= 0) return replica_seat{state.replica_id, state.replica_epoch};
  if (request.replica_id >= 0) return replica_seat{request.replica_id, no_broker_epoch};
  return std::nullopt;
}

/// One Fetch request: rounds of reads, with waits on the partitions in between.
///
///   read all --enough, error, or no time--> answer
///      ^  \--too little--> parked --news or deadline--+
///      +----------------------------------------------+
class fetch_in_progress final : public parked_request,
                                public std::enable_shared_from_this<fetch_in_progress> {
public:
  fetch_in_progress(session_context& session, api_version version, reply_slot reply)
      : session_(session),
        reply_(std::move(reply)),
        image_(session.services().metadata->get()),
        terms_{.version = version} {}

  void start(const fetch_request& request) {
    const auto config = session_.services().config->get();
    terms_.max_bytes = std::clamp(request.max_bytes, 0, config->fetch_max_bytes);
    terms_.isolation = request.isolation_level == 1 ? isolation_level::read_committed
                                                    : isolation_level::read_uncommitted;
    min_bytes_ = std::min(request.min_bytes, terms_.max_bytes);
    context_ = session_.services().fetches->open(session_request(request, terms_.version),
                                                 session_.services().time->mono_ms());
    if (context_.error != error_code::none) return refuse(context_.error);
    choose_partitions(request);
    if (may_read_followers() && config->rack_aware_reads) {
      nearer_ = brokers_in(request.rack_id, config->rack);
    }
    if (request.max_wait_ms > 0 && min_bytes_ > 0 && has_partition_to_read()) {
      id_ = session_.park(shared_from_this());
      session_.wake_after(id_, request.max_wait_ms);
    }
    read_all();
  }

  void partition_changed(const ottla::partition_changed& change) override {
    if (reads_waiting_ > 0) return;  // the read that is under way sees it
    auto changed = std::find_if(fetched_.begin(), fetched_.end(),
                                [&](const auto& each) { return each.which == change.partition; });
    if (changed == fetched_.end()) return;
    auto& known = available_bytes_[static_cast<size_t>(changed - fetched_.begin())];
    available_total_ += change.bytes_available - known;
    known = change.bytes_available;
    if (change.error != error_code::none || available_total_ >= min_bytes_) read_all();
  }

  void timer_expired() override {
    stop_waiting();
    if (reads_waiting_ > 0) return;  // the round under way answers
    // A replica also comes for the high watermark as it is now.
    if (available_total_ > 0 || replica_) return read_all();
    answer();
  }

  void cancelled() override {
    id_ = 0;
    unwatch();
  }

private:
  void refuse(error_code error) {
    fetch_response response;
    response.error_code = error;
    reply_.send(response);
  }

  void choose_partitions(const fetch_request& request) {
    const auto asking = asking_replica(request);
    const bool is_proved = asking && asking == session_.connection().broker;
    if (is_proved) replica_ = asking;
    fetched_.reserve(context_.positions.size());
    for (auto& position : context_.positions) {
      auto found =
          resolve(*image_, {position.target.topic, position.target.topic_id,
                            position.target.partition, terms_.version >= first_version_by_id});
      auto& added = fetched_.emplace_back();
      added.position = std::move(position);
      added.which = found.which;
      added.result.error = found.error;
      // Whoever fetches as a replica moves the high watermark: only brokers that have proved to be.
      if (asking && !is_proved) added.result.error = error_code::topic_authorization_failed;
    }
    refused_.resize(fetched_.size());
    for (size_t i = 0; i < fetched_.size(); ++i) {
      refused_[i] = fetched_[i].result.error != error_code::none;
    }
    available_bytes_.resize(fetched_.size());
  }

  [[nodiscard]] bool may_read_followers() const {
    return !replica_ && terms_.version >= first_version_of_followers;
  }

  /// Null if this broker is in that rack itself, or nobody is.
  [[nodiscard]] std::shared_ptr<const std::vector<broker_id>> brokers_in(
      const std::string& rack, const std::optional<std::string>& own) const {
    if (rack.empty() || own == rack) return nullptr;
    std::vector<broker_id> found;
    for (const auto& broker : image_->brokers()) {
      if (broker.is_active() && broker.registration.rack == rack) {
        found.push_back(broker.registration.id);
      }
    }
    if (found.empty()) return nullptr;
    return std::make_shared<const std::vector<broker_id>>(std::move(found));
  }

  [[nodiscard]] bool has_partition_to_read() const {
    return std::find(refused_.begin(), refused_.end(), false) != refused_.end();
  }

  void read_all() {
    unwatch();
    reads_waiting_ = 1;  // for this function
    for (size_t i = 0; i < fetched_.size(); ++i) {
      if (refused_[i]) continue;
      ++reads_waiting_;
      ask_partition<read_result>(session_, fetched_[i].which, question(fetched_[i].position),
                                 [self = shared_from_this(), i](read_result result) {
                                   self->fetched_[i].result = std::move(result);
                                   self->read_one();
                                 });
    }
    is_watching_ = id_ != 0;
    read_one();
  }

  [[nodiscard]] read_partition question(const fetch_position& position) {
    read_partition read{.fetch_offset = position.fetch_offset,
                        .max_bytes = std::clamp(position.max_bytes, 0, terms_.max_bytes),
                        .at_least_one_batch = true,
                        .isolation = terms_.isolation,
                        .current_epoch = position.current_epoch,
                        .last_fetched_epoch = position.last_fetched_epoch,
                        .replica = replica_,
                        .from_any_replica = may_read_followers(),
                        .nearer = nearer_};
    if (id_ != 0) {
      read.watch = {.session = caf::weak_actor_ptr{session_.self().ctrl()},
                    .watch_id = id_,
                    .below_bytes = min_bytes_};
    }
    return read;
  }

  void read_one() {
    if (--reads_waiting_ > 0) return;
    int64_t total = 0;
    bool must_answer = id_ == 0;
    for (size_t i = 0; i < fetched_.size(); ++i) {
      // One that does not exist is told with the others: who asks for it learns so from Metadata,
      // and would else ask without a pause until then.
      if (refused_[i]) continue;
      const auto& result = fetched_[i].result;
      total += size_bytes(result.records);
      must_answer = must_answer || result.error != error_code::none || result.diverging ||
                    result.preferred_replica != no_broker;
    }
    if (must_answer || total >= min_bytes_) return answer();
    park();
  }

  /// Keeps numbers only: what was read is let go and read again when there is enough.
  void park() {
    available_total_ = 0;
    for (size_t i = 0; i < fetched_.size(); ++i) {
      available_bytes_[i] = size_bytes(fetched_[i].result.records);
      available_total_ += available_bytes_[i];
      fetched_[i].result.records = shared_bytes{};
    }
  }

  void answer() {
    unwatch();
    stop_waiting();
    fetch_response response;
    response.session_id = context_.answer_session_id();
    response.responses = answer_topics(fetched_, context_, terms_);
    name_leaders(response);
    reply_.send(response);
  }

  void name_leaders(fetch_response& response) const {
    for (const auto& each : fetched_) {
      name_endpoint(session_, *image_, each.result.hint.leader, response.node_endpoints);
    }
  }

  void stop_waiting() {
    if (id_ == 0) return;
    session_.unpark(id_);
    finished_id_ = std::exchange(id_, 0);
  }

  void unwatch() {
    if (!std::exchange(is_watching_, false)) return;
    const auto id = id_ != 0 ? id_ : finished_id_;
    for (size_t i = 0; i < fetched_.size(); ++i) {
      // One that brought enough by itself was never watched.
      if (refused_[i] || size_bytes(fetched_[i].result.records) >= min_bytes_) continue;
      auto handle = session_.services().partitions->find(fetched_[i].which);
      if (handle)
        session_.self().send(handle,
                             unwatch_partition{caf::weak_actor_ptr{session_.self().ctrl()}, id});
    }
  }

  session_context& session_;
  reply_slot reply_;
  const image_ptr image_;
  fetch_answer_terms terms_;
  int32_t min_bytes_ = 0;
  std::optional<replica_seat> replica_;                   ///< Who fetches, if it is a broker.
  std::shared_ptr<const std::vector<broker_id>> nearer_;  ///< To the consumer than this one.
  fetch_context context_;
  std::vector<fetched_partition> fetched_;
  std::vector<char> refused_;             ///< Answered without a read.
  std::vector<int64_t> available_bytes_;  ///< While parked: what a read would bring.
  int64_t available_total_ = 0;
  size_t reads_waiting_ = 0;
  uint64_t id_ = 0;           ///< Of the parked request; 0: does not wait (any more).
  uint64_t finished_id_ = 0;  ///< The id before that, under which watches may still be kept.
  bool is_watching_ = false;
};

}  // namespace

void handle_fetch(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<fetch_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto work =
      std::make_shared<fetch_in_progress>(session, incoming.header.version, std::move(reply));
  work->start(*decoded);
}

}  // namespace ottla
