// The members of consumer groups on behalf of browsers: carries what each group_membership says to
// its group's coordinator, here or on another broker, and the answers back.
//
// Lives on a unit. To a coordinator elsewhere each member has a connection of its own: a JoinGroup
// holds up what is asked behind it.
#pragma once

#include <array>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <memory>

#include "actors/admin/admin_messages.hpp"
#include "actors/admin/group_membership.hpp"
#include "actors/broker/broker_services.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

class memberships_actor final : public pinned<memberships_handle::base> {
public:
  using hear_function = std::function<void(group_news)>;

  /// `services` outlives the actor.
  memberships_actor(caf::actor_config& config, unit& where, const broker_services* services);
  ~memberships_actor() override;

  const char* name() const override { return "memberships"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  // What group_seat says; `number` names the member.
  void join(uint64_t number, const join_question& question, const hear_function& hear);
  void commit(uint64_t number, const group_positions& positions);
  void leave(uint64_t number, bool for_good);

private:
  class member;
  struct connection;
  using connection_ptr = std::shared_ptr<connection>;

  template <class Request>
  void ask(member& who, Request request);
  template <class Request>
  void ask_elsewhere(member& who, Request request);
  template <class Answer>
  void answered(uint64_t number, const Answer& answer);
  void unanswered(uint64_t number, const fault& why);
  [[nodiscard]] broker_id coordinator_of(const std::string& group);
  void create_offsets_topic(const metadata_image& image);
  [[nodiscard]] int32_t partition_count(const std::string& topic) const;
  void arm(member& who, membership_timer kind, int64_t delay_ms);

  const broker_services& services_;
  std::map<uint64_t, std::unique_ptr<member>> members_;
};

}  // namespace ottla
