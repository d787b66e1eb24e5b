// What one client of /ws/v1/data has going on: its subscriptions, and what is asked for them.
//
// Knows no socket: frames go out through data_link, and the backend's answers come back to the
// server's thread through it. Asks only while there is credit and room, so that neither a browser
// nor a slow network makes memory grow.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "admin-ui/server/admin_backend.hpp"
#include "admin-ui/server/data_subscription.hpp"

namespace ottla {

inline constexpr size_t subscriptions_max = 16;
inline constexpr size_t partitions_max = 1'000;  ///< Of one client.

/// A visitor of several functions.
template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};

/// The connection as its session sees it.
class data_link {
public:
  virtual ~data_link() = default;
  /// Queues a frame behind those before it.
  virtual void send(std::string frame) = 0;
  /// Whether records may be queued. When that comes true again, room_again() is called.
  [[nodiscard]] virtual bool has_room() const = 0;
  virtual void refuse(std::optional<int64_t> id, const problem& why) = 0;
  /// Counts bytes of records that the session holds; takes them back when negative. False, and not
  /// counted, if there is no room for them.
  virtual bool hold(int64_t bytes) = 0;
  /// Names an answer, for logs and problems.
  virtual std::string instance() = 0;
  [[nodiscard]] virtual bool is_read_only() const = 0;
  /// Who the client says it is, and its address.
  [[nodiscard]] virtual std::string client() const = 0;
  [[nodiscard]] virtual std::string address() const = 0;
  /// Calls tick() in half a second.
  virtual void want_tick() = 0;
  /// It has nothing any more that needs the connection.
  virtual void became_idle() = 0;
  /// How to do something on the server's thread; from any thread, also after the link's end.
  virtual std::function<void(std::function<void()>)> poster() = 0;
};

class data_session : public std::enable_shared_from_this<data_session> {
public:
  data_session(std::shared_ptr<admin_backend> backend, data_link& link)
      : backend_(std::move(backend)), link_(link) {}

  void take(const data_request& request);
  void room_again();
  void tick();
  /// The connection has ended: nothing is sent or wanted any more.
  void end();
  [[nodiscard]] bool is_needed() const { return !subscriptions_.empty() || publishing_; }

private:
  using subscription_map = std::map<int64_t, data_subscription>;
  struct group_member {
    std::shared_ptr<group_seat> seat;
    uint64_t life = 0;  ///< Of this seat among all that ever had its id.
    record_start reset;
    bool commits_by_itself = false;
    int ticks_since_commit = 0;
    group_positions committed;               ///< By itself, the last time.
    std::vector<locate_question> unlocated;  ///< To be asked again at the next tick.
  };

  void subscribe(const subscribe_request& request);
  void add_credit(const credit_request& request);
  void set_paused(const pause_request& request);
  void seek(const seek_request& request);
  void unsubscribe(const unsubscribe_request& request);

  void publish(const publish_request& request);
  void published(int64_t id, outcome<std::vector<produced_record>> results);

  // data_groups.cpp
  void join(const join_request& request);
  void ack(const ack_request& request);
  void leave(const leave_request& request);
  void hear(int64_t id, uint64_t life, const group_news& news);
  void assigned(int64_t id, data_subscription& subscription, const group_assigned& news);
  void locate_assigned(int64_t id, uint64_t serial, locate_question where);
  void revoked(int64_t id, data_subscription& subscription, const group_revoked& news);
  void commit_by_itself(int64_t id, group_member& member);
  void tick_groups();

  data_subscription* find(int64_t id);
  void locate(int64_t id, data_subscription& subscription);
  void located(int64_t id, uint64_t serial, outcome<located_topic> found);
  void go_on(int64_t id);
  void ask(int64_t id, data_subscription& subscription, size_t index);
  void answered(int64_t id, uint64_t serial, size_t index, outcome<record_stretch_ptr> answer);
  void failed(int64_t id, partition_cursor& cursor, const fault& why);
  void remove(int64_t id);
  [[nodiscard]] size_t partitions() const;
  [[nodiscard]] data_subscription::send_frame sender() {
    return [this](std::string frame) { link_.send(std::move(frame)); };
  }
  void refuse(int64_t id, const char* why) { link_.refuse(id, bad_request(why)); }

  /// A reply that calls `use(session, answer)` on the server's thread, if the session still lives.
  template <class T, class Use>
  admin_reply<T> reply_to(Use use);

  std::shared_ptr<admin_backend> backend_;  ///< Null: ended.
  data_link& link_;
  subscription_map subscriptions_;
  std::map<int64_t, group_member> members_;  ///< Of the subscriptions, those of groups.
  uint64_t last_serial_ = 0;
  std::optional<int64_t> publishing_;  ///< Bytes that are on their way to the log.
};

template <class T, class Use>
admin_reply<T> data_session::reply_to(Use use) {
  return admin_reply<T>{[post = link_.poster(), weak = weak_from_this(), use](outcome<T> answer) {
    post([weak, use, answer = std::make_shared<outcome<T>>(std::move(answer))] {
      auto self = weak.lock();
      if (self && self->backend_) use(*self, std::move(*answer));
    });
  }};
}

}  // namespace ottla
