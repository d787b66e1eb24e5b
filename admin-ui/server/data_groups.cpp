// What data_session does for subscriptions that are members of consumer groups.
#include <boost/json.hpp>
#include <utility>

#include "admin-ui/server/data_session.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

/// How often a member that commits by itself does so.
constexpr int ticks_between_commits = 10;

/// [["orders",0,"17"],...]; what was never committed is null.
json::array to_json(const group_positions& positions) {
  json::array list;
  for (const auto& each : positions) {
    list.push_back(
        json::array{each.topic, each.partition,
                    each.offset < 0 ? json::value{} : json::value(std::to_string(each.offset))});
  }
  return list;
}

std::string text_of(const json::object& frame) {
  return json::serialize(frame);
}

group_positions positions_of(const data_subscription& subscription) {
  group_positions all;
  for (const auto& each : subscription.cursors()) {
    all.push_back({each.topic, each.partition, each.next});
  }
  return all;
}

}  // namespace

void data_session::join(const join_request& request) {
  if (link_.is_read_only()) return link_.refuse(request.id, read_only_problem());
  if (subscriptions_.contains(request.id)) return refuse(request.id, "the id is in use");
  if (subscriptions_.size() == subscriptions_max) {
    return refuse(request.id, "there are 16 subscriptions already");
  }
  auto who = request.who;
  who.client_id = link_.client();
  who.host = link_.address();
  const auto life = ++last_serial_;
  subscriptions_.try_emplace(request.id, request, life);
  auto& member = members_[request.id];
  member.life = life;
  member.reset = request.reset;
  member.commits_by_itself = request.commits_by_itself;
  auto hear = [post = link_.poster(), weak = weak_from_this(), id = request.id,
               life](group_news news) {
    post([weak, id, life, news = std::move(news)] {
      if (auto self = weak.lock(); self && self->backend_) self->hear(id, life, news);
    });
  };
  member.seat = backend_->join_group(std::move(who), std::move(hear));
  if (member.commits_by_itself) link_.want_tick();
}

void data_session::ack(const ack_request& request) {
  auto member = members_.find(request.id);
  if (member == members_.end()) return;
  if (member->second.commits_by_itself) return refuse(request.id, "it commits by itself");
  member->second.seat->commit(request.positions);
}

void data_session::leave(const leave_request& request) {
  auto member = members_.find(request.id);
  if (member == members_.end()) return;
  commit_by_itself(request.id, member->second);
  member->second.seat->leave();
  remove(request.id);
}

// --- what the member hears ---

void data_session::hear(int64_t id, uint64_t life, const group_news& news) {
  auto* known = find(id);
  auto member = members_.find(id);
  if (known == nullptr || member == members_.end() || member->second.life != life) return;
  std::visit(
      overloaded{[&](const group_assigned& each) { assigned(id, *known, each); },
                 [&](const group_revoked& each) { revoked(id, *known, each); },
                 [&](const group_committed& each) {
                   if (member->second.commits_by_itself) return;
                   link_.send(text_of(
                       {{"op", "committed"}, {"id", id}, {"offsets", to_json(each.positions)}}));
                 },
                 [&](const group_trouble& each) {
                   link_.refuse(id, problem_of(each.why));
                   if (each.is_final) remove(id);
                 }},
      news);
}

void data_session::assigned(int64_t id, data_subscription& subscription,
                            const group_assigned& news) {
  subscription.reassign(++last_serial_);
  link_.send(text_of({{"op", "assigned"},
                      {"id", id},
                      {"gen", subscription.generation()},
                      {"generation", news.generation},
                      {"member", news.member_id},
                      {"partitions", to_json(news.positions)}}));
  std::map<std::string, group_positions> by_topic;
  for (const auto& each : news.positions) by_topic[each.topic].push_back(each);
  for (const auto& [topic, positions] : by_topic) {
    locate_question where{.topic = topic, .start = members_.at(id).reset};
    auto& chosen = where.partitions.emplace();
    for (const auto& each : positions) {
      chosen.push_back(each.partition);
      if (each.offset >= 0) where.offsets[each.partition] = each.offset;
    }
    locate_assigned(id, subscription.serial(), std::move(where));
  }
}

void data_session::locate_assigned(int64_t id, uint64_t serial, locate_question where) {
  auto reply = reply_to<located_topic>(
      [id, serial, where](data_session& self, outcome<located_topic> found) {
        auto* known = self.find(id);
        if (known == nullptr || known->serial() != serial) return;
        if (!found) {
          self.link_.refuse(id, problem_of(found.error()));
          self.members_.at(id).unlocated.push_back(where);
          return self.link_.want_tick();
        }
        if (self.partitions() + found->partitions.size() > partitions_max) {
          self.refuse(id, "more than 1000 partitions of one WebSocket");
          return self.remove(id);
        }
        known->add(where.topic, *found);
        self.go_on(id);
      });
  backend_->locate(std::move(where), std::move(reply));
}

void data_session::revoked(int64_t id, data_subscription& subscription, const group_revoked& news) {
  auto& member = members_.at(id);
  link_.send(text_of({{"op", "revoked"}, {"id", id}, {"lost", news.is_lost}}));
  if (!news.is_lost && member.commits_by_itself) member.seat->commit(positions_of(subscription));
  member.unlocated.clear();
  member.committed.clear();
  subscription.reassign(++last_serial_);
}

// --- time ---

void data_session::commit_by_itself(int64_t id, group_member& member) {
  const auto* known = find(id);
  if (!member.commits_by_itself || known == nullptr) return;
  auto positions = positions_of(*known);
  if (positions == member.committed) return;
  member.seat->commit(positions);
  member.committed = std::move(positions);
}

void data_session::tick_groups() {
  for (auto& [id, member] : members_) {
    for (auto& each : std::exchange(member.unlocated, {})) {
      locate_assigned(id, find(id)->serial(), std::move(each));
    }
    if (!member.commits_by_itself) continue;
    link_.want_tick();
    if (++member.ticks_since_commit < ticks_between_commits) continue;
    member.ticks_since_commit = 0;
    commit_by_itself(id, member);
  }
}

}  // namespace ottla
