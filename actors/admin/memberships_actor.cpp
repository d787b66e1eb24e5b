#include "actors/admin/memberships_actor.hpp"

#include <caf/error.hpp>
#include <caf/send.hpp>
#include <utility>

#include "actors/admin/partition_faults.hpp"
#include "actors/group/java_string.hpp"
#include "actors/handlers/topic_creation.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {
namespace {

constexpr size_t members_max = 64;
constexpr uint64_t timer_kinds = 4;
/// A JoinGroup is answered when the slowest member has come, or the group has waited for it.
constexpr int64_t answer_ms = 60'000;

// The versions that are spoken: with static members, and groups in OffsetFetch.
constexpr api_version version_of(const join_group_request&) {
  return 7;
}
constexpr api_version version_of(const sync_group_request&) {
  return 5;
}
constexpr api_version version_of(const heartbeat_request&) {
  return 4;
}
constexpr api_version version_of(const leave_group_request&) {
  return 4;
}
constexpr api_version version_of(const offset_commit_request&) {
  return 8;
}
constexpr api_version version_of(const offset_fetch_request&) {
  return 8;
}

const std::string& group_of(const offset_fetch_request& request) {
  return request.groups.front().group_id;
}
template <class Request>
const std::string& group_of(const Request& request) {
  return request.group_id;
}

// What a coordinator of this broker is asked, and how its answer looks on the wire.

join_group_call question_of(join_group_request request, const join_question& wanted,
                            const metadata_image&) {
  const auto version = version_of(request);
  return {std::move(request), {wanted.client_id, "/" + wanted.host, version}};
}
commit_offsets_call question_of(offset_commit_request request, const join_question&,
                                const metadata_image& image) {
  // Of topics that are gone nothing is left to commit.
  std::erase_if(request.topics, [&](auto& each) {
    const auto topic = image.find_topic(each.name);
    if (topic) each.topic_id = topic->id();
    return !topic;
  });
  const auto version = version_of(request);
  return {std::move(request), version};
}
fetch_offsets_call question_of(offset_fetch_request request, const join_question&,
                               const metadata_image&) {
  return {std::move(request.groups.front()), false};
}
template <class Request>
Request question_of(Request request, const join_question&, const metadata_image&) {
  return request;
}

template <class Request>
struct answer_of {
  using type = typename Request::response;
};
template <>
struct answer_of<offset_fetch_request> {
  using type = fetched_offsets;
};

template <class Answer>
const Answer& response_of(const Answer& answer) {
  return answer;
}
offset_fetch_response response_of(const fetched_offsets& answer) {
  offset_fetch_response response;
  response.groups.push_back(answer);
  return response;
}

fault nobody(const std::string& group) {
  return {error_code::coordinator_not_available,
          "the group '" + group + "' has no coordinator at the moment", 0};
}

}  // namespace

/// Ends with the last request that is under way on it.
struct memberships_actor::connection {
  connection(broker_id of, peer_handle to) : other(of), peer(std::move(to)) {}
  ~connection() { caf::anon_send_exit(peer, caf::exit_reason::user_shutdown); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  const broker_id other;
  const peer_handle peer;
};

class memberships_actor::member final : public membership_port {
public:
  member(memberships_actor& actor, uint64_t its_number, join_question question, hear_function hear)
      : number(its_number),
        wanted(std::move(question)),
        membership(wanted, *this),
        actor_(actor),
        hear_(std::move(hear)) {}

  void ask(join_group_request request) override { actor_.ask(*this, std::move(request)); }
  void ask(sync_group_request request) override { actor_.ask(*this, std::move(request)); }
  void ask(heartbeat_request request) override { actor_.ask(*this, std::move(request)); }
  void ask(offset_fetch_request request) override { actor_.ask(*this, std::move(request)); }
  void ask(offset_commit_request request) override { actor_.ask(*this, std::move(request)); }
  void ask(leave_group_request request) override { actor_.ask(*this, std::move(request)); }
  void hear(group_news news) override { hear_(std::move(news)); }
  int32_t partition_count(const std::string& topic) override {
    return actor_.partition_count(topic);
  }
  void arm(membership_timer kind, int64_t delay_ms) override { actor_.arm(*this, kind, delay_ms); }

  const uint64_t number;
  const join_question wanted;
  group_membership membership;
  std::array<timer_id, timer_kinds> timers;
  connection_ptr elsewhere;  ///< To the coordinator, where that is another broker.

private:
  memberships_actor& actor_;
  const hear_function hear_;
};

memberships_actor::memberships_actor(caf::actor_config& config, unit& where,
                                     const broker_services* services)
    : pinned(config, where), services_(*services) {}

memberships_actor::~memberships_actor() = default;

memberships_actor::behavior_type memberships_actor::make_behavior() {
  return {
      [this](const membership_question& question) { question.ask(*this); },
      [this](const timer_expired& timer) {
        auto found = members_.find(timer.token / timer_kinds);
        if (found == members_.end()) return;
        found->second->membership.timer(static_cast<membership_timer>(timer.token % timer_kinds));
      }};
}

void memberships_actor::on_exit() {
  for (auto& [number, each] : members_) {
    for (auto& timer : each->timers) cancel_timer(timer);
  }
  members_.clear();
}

void memberships_actor::join(uint64_t number, const join_question& question,
                             const hear_function& hear) {
  if (members_.size() == members_max) {
    return hear(group_trouble{
        {error_code::group_max_size_reached, "64 browsers are members of groups at this broker", 0},
        true});
  }
  auto& added = members_[number];
  added = std::make_unique<member>(*this, number, question, hear);
  added->membership.join();
}

void memberships_actor::commit(uint64_t number, const group_positions& positions) {
  auto found = members_.find(number);
  if (found != members_.end()) found->second->membership.commit(positions);
}

void memberships_actor::leave(uint64_t number, bool for_good) {
  auto found = members_.find(number);
  if (found == members_.end()) return;
  found->second->membership.leave(for_good);
  for (auto& timer : found->second->timers) cancel_timer(timer);
  members_.erase(found);
}

void memberships_actor::arm(member& who, membership_timer kind, int64_t delay_ms) {
  auto& timer = who.timers.at(static_cast<size_t>(kind));
  cancel_timer(timer);
  timer = arm_timer(delay_ms, who.number * timer_kinds + static_cast<uint64_t>(kind));
}

int32_t memberships_actor::partition_count(const std::string& topic) const {
  const auto image = services_.metadata->get();
  const auto found = image ? image->find_topic(topic) : nullptr;
  return found ? found->partition_count() : 0;
}

// --- the coordinator ---

broker_id memberships_actor::coordinator_of(const std::string& group) {
  const auto image = services_.metadata->get();
  if (!image) return no_broker;
  const auto topic = image->find_topic(offsets_topic);
  if (!topic || topic->partition_count() == 0) {
    create_offsets_topic(*image);
    return no_broker;
  }
  const auto partition = coordinator_partition(group, topic->partition_count());
  return topic->partition(partition).leader.id;
}

/// As FindCoordinator does for the first group of a cluster.
void memberships_actor::create_offsets_topic(const metadata_image& image) {
  create_topics_command command{{}, {.client_id = "admin", .listener = "admin", .version = 7}};
  command.request.topics.push_back(
      topic_by_defaults(offsets_topic, *services_.config->get(), image));
  this->request(services_.controller, caf::infinite, std::move(command))
      .then([](const create_topics_response&) {}, [](const caf::error&) {});
}

template <class Request>
void memberships_actor::ask(member& who, Request request) {
  const auto here = services_.groups->find(group_of(request));
  const auto image = services_.metadata->get();
  if (!here || !image) return ask_elsewhere(who, std::move(request));
  this->request(here, caf::infinite, question_of(std::move(request), who.wanted, *image))
      .then(
          [this, number = who.number](const typename answer_of<Request>::type& answer) {
            answered(number, response_of(answer));
          },
          [this, number = who.number, group = who.wanted.group](const caf::error&) {
            unanswered(number, nobody(group));
          });
}

template <class Request>
void memberships_actor::ask_elsewhere(member& who, Request request) {
  const auto group = who.wanted.group;
  const auto other = coordinator_of(group);
  const bool is_other = other != no_broker && other != services_.config->get()->node_id;
  if (!is_other || !services_.reach) return unanswered(who.number, nobody(group));
  if (!who.elsewhere || who.elsewhere->other != other) {
    who.elsewhere = nullptr;
    auto peer = services_.reach(home_unit(), other);
    if (!peer) return unanswered(who.number, nobody(group));
    who.elsewhere = std::make_shared<connection>(other, std::move(peer));
  }
  const auto version = version_of(request);
  auto asked = question(std::move(request), version, who.wanted.client_id);
  asked.timeout_ms = answer_ms;
  this->request(who.elsewhere->peer, caf::infinite, std::move(asked))
      .then(
          [this, number = who.number, version, kept = who.elsewhere](peer_answer& answer) {
            if (answer.failure) return unanswered(number, *answer.failure);
            auto response = decode<typename Request::response>(std::move(answer.body), version);
            if (!response) return unanswered(number, response.error());
            answered(number, *response);
          },
          [this, number = who.number, group](const caf::error&) {
            unanswered(number, nobody(group));
          });
}

template <class Answer>
void memberships_actor::answered(uint64_t number, const Answer& answer) {
  auto found = members_.find(number);
  if (found != members_.end()) found->second->membership.answered(answer);
}

void memberships_actor::unanswered(uint64_t number, const fault& why) {
  auto found = members_.find(number);
  if (found == members_.end()) return;
  found->second->elsewhere = nullptr;  // perhaps another broker coordinates it by now
  found->second->membership.unanswered(why);
}

}  // namespace ottla
