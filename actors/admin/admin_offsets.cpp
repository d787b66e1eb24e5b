// What groups have committed, changed by the admin interface: moved or forgotten.
#include <algorithm>
#include <caf/error.hpp>
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/admin_actor.hpp"
#include "actors/admin/in_turns.hpp"
#include "actors/admin/offset_planning.hpp"
#include "actors/admin/partition_faults.hpp"

namespace ottla {
namespace {

constexpr size_t searches_at_a_time = 16;
constexpr api_version commit_version = 9;  // topics by name

fault has_members(const std::string& name) {
  return {error_code::non_empty_group,
          "group '" + name + "' has members: what they commit would undo the change", 0};
}

/// What the group says to somebody who is not a member while it has some.
bool is_for_members(error_code error) {
  return error == error_code::unknown_member_id || error == error_code::illegal_generation ||
         error == error_code::rebalance_in_progress;
}

std::optional<log_offset> committed_in(const group_detail& group, const std::string& topic,
                                       partition_index partition) {
  for (const auto& each : group.offsets) {
    if (each.topic == topic && each.partition == partition) return each.committed;
  }
  return std::nullopt;
}

}  // namespace

/// A reset on its way: the group, then the logs, then perhaps a search by time, then the commit.
struct admin_actor::offset_move {
  offset_reset wanted;
  admin_reply<offset_plan> reply;
  topic_ptr topic;
  std::vector<partition_standing> standing;
  std::optional<fault> failure;
};

void admin_actor::reset_group_offsets(const offset_reset& wanted,
                                      const admin_reply<offset_plan>& reply) {
  auto topic = topic_for(wanted.topic, reply);
  if (!topic) return;
  auto move = std::make_shared<offset_move>(
      offset_move{.wanted = wanted, .reply = reply, .topic = topic, .standing = {}, .failure = {}});
  std::set<partition_index> which{wanted.partitions.begin(), wanted.partitions.end()};
  for (partition_index i = 0; wanted.partitions.empty() && i < topic->partition_count(); ++i) {
    which.insert(i);
  }
  for (auto partition : which) {
    if (topic->find_partition(partition) == nullptr) {
      return reply(fault{error_code::unknown_topic_or_partition,
                         "the topic has no partition " + std::to_string(partition), 0});
    }
    move->standing.push_back({.partition = partition});
  }
  auto image = services_.metadata->get();
  measure_group(image, wanted.group, [=, this](std::optional<group_detail> view, error_code error) {
    if (!view) return reply(group_fault(*image, move->wanted.group, error));
    if (!view->members.empty() && !move->wanted.validate_only) {
      return reply(has_members(move->wanted.group));
    }
    std::vector<topic_id_partition> logs;
    for (auto& each : move->standing) {
      each.committed = committed_in(*view, move->wanted.topic, each.partition);
      logs.push_back({move->topic->id(), each.partition});
    }
    describe(logs, [=, this](const partition_descriptions& known) { plan_offsets(move, known); });
  });
}

void admin_actor::plan_offsets(const offset_move_ptr& move, const partition_descriptions& known) {
  for (auto& each : move->standing) {
    auto found = known.find({move->topic->id(), each.partition});
    if (found == known.end() || !found->second.is_leader) {
      return move->reply(not_here(move->topic->partition(each.partition).leader.id));
    }
    each.start = found->second.log_start_offset;
    each.end = found->second.high_watermark;
  }
  const auto* time = std::get_if<to_time>(&move->wanted.target);
  if (time == nullptr) return finish_plan(move);
  auto gathered = gather_for<offset_move_ptr>(
      move, [this](const offset_move_ptr& whole) { finish_plan(whole); });
  in_turns::start(
      move->standing.size(), searches_at_a_time,
      [=, this, timestamp = time->timestamp](size_t i, const in_turns::ended_function& ended) {
        auto& each = move->standing[i];
        auto handle = services_.partitions->find({move->topic->id(), each.partition});
        const auto leader = move->topic->partition(each.partition).leader.id;
        auto fail = [move = *gathered, leader, ended](error_code error) {
          move->failure = refusal(error, leader);
          ended();
        };
        if (!handle || is_over_) return fail(error_code::not_leader_or_follower);
        this->request(handle, caf::infinite, query_offset{.timestamp = timestamp})
            .then(
                [gathered, i, fail, ended](const offset_result& found) {
                  if (found.error != error_code::none) return fail(found.error);
                  if (found.offset >= 0) (*gathered)->standing[i].at_time = found.offset;
                  ended();
                },
                [fail](const caf::error&) { fail(error_code::not_leader_or_follower); });
      });
}

void admin_actor::finish_plan(const offset_move_ptr& move) {
  if (is_over_) return;
  if (move->failure) return move->reply(*move->failure);
  offset_plan plan;
  for (const auto& each : move->standing) {
    plan.offsets.push_back(plan_offset(move->wanted.target, each));
  }
  plan.mark = mark_of(plan.offsets);
  if (!move->wanted.expected.empty() && move->wanted.expected != plan.mark) {
    return move->reply(fault{error_code::invalid_update_version,
                             "the group has committed since the plan was made: look again", 0});
  }
  if (move->wanted.validate_only) return move->reply(std::move(plan));
  commit_plan(move, std::move(plan));
}

void admin_actor::commit_plan(const offset_move_ptr& move, offset_plan plan) {
  const auto& name = move->wanted.group;
  auto coordinator = services_.groups->find(name);
  if (!coordinator) return move->reply(fault_of(error_code::not_coordinator));
  commit_offsets_call call{.request = {.group_id = name}, .version = commit_version};
  auto& topic = call.request.topics.emplace_back();
  topic.name = move->wanted.topic;
  topic.topic_id = move->topic->id();
  for (const auto& each : plan.offsets) topic.partitions.push_back({each.partition, each.to});
  plan.is_done = true;
  this->request(coordinator, caf::infinite, std::move(call))
      .then(
          [move, plan = std::move(plan)](const offset_commit_response& said) {
            for (const auto& answered : said.topics) {
              for (const auto& each : answered.partitions) {
                if (is_for_members(each.error_code)) {
                  return move->reply(has_members(move->wanted.group));
                }
                if (each.error_code != error_code::none) {
                  return move->reply(fault_of(each.error_code));
                }
              }
            }
            move->reply(plan);
          },
          [move](const caf::error&) { move->reply(fault_of(error_code::not_coordinator)); });
}

void admin_actor::delete_group(const std::string& name, const admin_reply<change_made>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  auto refuse = [=](error_code error) {
    if (error == error_code::non_empty_group) return reply(has_members(name));
    reply(group_fault(*image, name, error));
  };
  auto coordinator = services_.groups->find(name);
  if (!coordinator) return refuse(error_code::not_coordinator);
  this->request(coordinator, caf::infinite, delete_group_call{name})
      .then(
          [=](const delete_group_result& said) {
            if (said.error != error_code::none) return refuse(said.error);
            reply(change_made{});
          },
          [refuse](const caf::error&) { refuse(error_code::not_coordinator); });
}

void admin_actor::delete_group_offsets(const std::string& group, const std::string& topic_name,
                                       const admin_reply<change_made>& reply) {
  auto topic = topic_for(topic_name, reply);
  if (!topic) return;
  auto refuse = [=, image = services_.metadata->get()](error_code error) {
    if (error == error_code::non_empty_group) return reply(has_members(group));
    reply(group_fault(*image, group, error));
  };
  auto coordinator = services_.groups->find(group);
  if (!coordinator) return refuse(error_code::not_coordinator);
  offset_delete_request request{.group_id = group, .topics = {{.name = topic_name}}};
  for (partition_index i = 0; i < topic->partition_count(); ++i) {
    request.topics.front().partitions.push_back({i});
  }
  this->request(coordinator, caf::infinite, std::move(request))
      .then(
          [=](const offset_delete_response& said) {
            if (said.error_code != error_code::none) return refuse(said.error_code);
            for (const auto& answered : said.topics) {
              for (const auto& each : answered.partitions) {
                if (each.error_code != error_code::none) return refuse(each.error_code);
              }
            }
            reply(change_made{});
          },
          [refuse](const caf::error&) { refuse(error_code::not_coordinator); });
}

}  // namespace ottla
