// Clients of a simulated broker: they speak the real protocol over simulated connections, reconnect
// when they lose one, and note in the history what they were told.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/runtime/random_source.hpp"
#include "protocol/messages/message.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/process.hpp"

namespace ottla::sim {

/// A partition whose records the clients write and read; the history knows it by its number.
struct log_name {
  std::string topic;
  int32_t partition = 0;
};

/// What the clients of one simulated world share.
struct client_world {
  world_clock& time;
  random_source& random;
  history& facts;
  /// A new connection; null while the broker does not serve.
  std::function<std::shared_ptr<simulated_transport>()> connect;
  std::function<void(uint64_t)> trace;
  std::vector<log_name> logs;
  std::set<std::string> topics_made = {};
  uint64_t cut_one_in = 0;  ///< One in so many requests loses its connection on the way; 0: none.
  int64_t patience_ms = 0;  ///< After so long without an answer a client tries elsewhere; 0: never.
  bool dribbles = false;    ///< Some connections bring a few bytes at a time.
  bool has_replicas = false;

  [[nodiscard]] const log_name& log(int32_t number) const {
    return logs[static_cast<size_t>(number)];
  }
  [[nodiscard]] bool exists(int32_t number) const {
    return topics_made.contains(log(number).topic);
  }
};

class client {
public:
  client(client_world& world, std::string name) : world_(world), name_(std::move(name)) {}
  virtual ~client() = default;
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Does what can be done now; whether there was anything.
  bool act();
  /// When it has something to do, if nothing comes before.
  [[nodiscard]] int64_t next_us() const;
  /// The broker is gone.
  void lose_connection();
  /// Whether it has nothing more to do.
  [[nodiscard]] virtual bool is_done() const = 0;
  [[nodiscard]] const std::string& name() const { return name_; }
  /// For the report of a run in which it did not come to its end.
  [[nodiscard]] std::string state() const;

protected:
  /// Sends a request, if it is time for one; whether it did.
  virtual bool send_next() = 0;
  virtual void answered(api_key key, uint64_t tag, wire_reader& body, api_version version) = 0;
  /// What is in flight has an unknown end.
  virtual void lost() {}

  template <class Request>
  void send(const Request& request, api_version version, uint64_t tag = 0) {
    const auto correlation = ++last_correlation_;
    if (in_flight_.empty()) heard_at_us_ = world_.time.now_us;
    in_flight_.push_back({correlation, Request::api, version, tag});
    transmit(encode_request(request, {Request::api, version, correlation, name_}));
  }
  [[nodiscard]] size_t in_flight() const { return in_flight_.size(); }
  void pause_ms(int64_t at_most_ms);
  /// The next connection may be to another broker.
  void look_elsewhere();
  /// Whether that is what a broker may say which has stood still, and does not know yet that others
  /// lead by now. That no other says so for good, the end of the run shows.
  bool may_be_outdated(error_code error);
  void unexpected(std::string_view what, error_code error);

  client_world& world_;

private:
  struct pending {
    int32_t correlation = 0;
    api_key key{};
    api_version version = 0;
    uint64_t tag = 0;
  };

  bool open_connection();
  bool take_answer();
  [[nodiscard]] int64_t gives_up_at_us() const;
  void transmit(const gather_list& frame);

  const std::string name_;
  std::shared_ptr<simulated_transport> wire_;
  std::deque<pending> in_flight_;
  int32_t last_correlation_ = 0;
  int64_t next_us_ = 0;
  int64_t heard_at_us_ = 0;  ///< Or when it began to wait for an answer.
  error_code last_refusal_ = error_code::none;
  bool dying_ = false;  // the connection was cut in the middle of a frame
};

struct producer_options {
  int32_t number = 0;
  int32_t log = 0;
  int32_t batches = 20;
  bool is_idempotent = true;
  int16_t acks = -1;
  /// A retry without a sequence, as no client should do it; for proving that it is noticed.
  bool retries_blindly = false;
};

/// Idempotent: sends every batch until it is acknowledged, up to five at a time and in order.
/// Otherwise sends each batch once.
class producer final : public client {
public:
  producer(client_world& world, const producer_options& options);
  [[nodiscard]] bool is_done() const override { return first_open_ == batches_.size(); }
  [[nodiscard]] const producer_options& options() const { return options_; }
  [[nodiscard]] int32_t records() const { return records_; }

private:
  struct batch {
    int32_t first = 0;
    int32_t count = 0;
    size_t padding = 0;
    shared_bytes bytes;
    bool is_settled = false;
  };

  bool send_next() override;
  void answered(api_key key, uint64_t tag, wire_reader& body, api_version version) override;
  void lost() override;
  void produced(size_t index, error_code error, log_offset base_offset);
  void settle(size_t index);
  void build(batch& which);

  const producer_options options_;
  std::vector<batch> batches_;
  int32_t records_ = 0;
  int64_t id_ = -1;
  int16_t epoch_ = -1;
  size_t first_open_ = 0;
  size_t next_ = 0;
  bool rewinds_ = false;
};

class consumer final : public client {
public:
  /// An auditor reads once from the start to the high watermark; others go on for ever.
  consumer(client_world& world, int32_t log, bool is_auditor);
  [[nodiscard]] bool is_done() const override { return is_done_; }

private:
  bool send_next() override;
  void answered(api_key key, uint64_t tag, wire_reader& body, api_version version) override;
  void lost() override;

  const int32_t log_;
  const bool is_auditor_;
  log_offset position_ = 0;
  bool is_done_ = false;
};

/// Commits rising offsets of log 0 for a group, and asks now and then for what is committed.
class committer final : public client {
public:
  committer(client_world& world, std::string group, int64_t commits)
      : client(world, "committer of " + group), group_(std::move(group)), wanted_(commits) {}
  [[nodiscard]] bool is_done() const override { return acknowledged_ >= wanted_ && checked_; }
  /// Asks once more before it is done.
  void check_again() { checked_ = false; }

private:
  bool send_next() override;
  void answered(api_key key, uint64_t tag, wire_reader& body, api_version version) override;
  void lost() override { knows_coordinator_ = checked_ = false; }
  void told(error_code error);

  const std::string group_;
  const int64_t wanted_;
  int64_t sent_ = 0;
  int64_t acknowledged_ = 0;
  bool knows_coordinator_ = false;
  bool checked_ = false;
};

}  // namespace ottla::sim
