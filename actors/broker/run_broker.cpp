#include "actors/broker/run_broker.hpp"

#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <csignal>
#include <mutex>

#include "actors/broker/make_metadata_store.hpp"
#include "actors/broker/node.hpp"
#include "actors/gateway/gateway.hpp"
#include "actors/gateway/routes.hpp"
#include "actors/runtime/io_coordinator.hpp"
#include "actors/runtime/log.hpp"
#include "storage/posix_file_system.hpp"

namespace ottla {
namespace {

/// A stop that takes longer is ended by SIGALRM: a supervisor restarts, recovery does the rest.
constexpr unsigned stop_limit_s = 30;

/// SIGTERM and SIGINT, taken by one thread instead of handlers.
class stop_signals {
public:
  stop_signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);  // inherited by every thread made from now on
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// Waits for one of them and returns its number.
  [[nodiscard]] int wait() const {
    int number = 0;
    while (sigwait(&set_, &number) != 0) {
    }
    return number;
  }

private:
  sigset_t set_{};
};

/// Why the broker gives up, told from any thread; wakes the main thread by a signal.
class emergency {
public:
  void declare(std::string why) {
    {
      std::lock_guard lock{mutex_};
      if (!why_.empty()) return;
      why_ = std::move(why);
    }
    log::error("broker", "{}", *this->why());
    kill(getpid(), SIGTERM);
  }
  [[nodiscard]] std::optional<std::string> why() const {
    std::lock_guard lock{mutex_};
    return why_.empty() ? std::nullopt : std::optional{why_};
  }

private:
  mutable std::mutex mutex_;
  std::string why_;
};

memory_budget_options budget_of(const broker_config& config) {
  constexpr int64_t mib = 1 << 20;
  memory_budget_options options;
  if (config.memory_budget_bytes > 0) options.total_bytes = config.memory_budget_bytes;
  if (config.queued_max_request_bytes > 0) {
    options.total_bytes = std::clamp(config.queued_max_request_bytes, 4 * mib, options.total_bytes);
  }
  const auto part = std::max<int64_t>(options.total_bytes / 16, mib / 4);
  options.reserved_bytes = {part, part, part, part};
  return options;
}

gateway_limits limits_of(const broker_config& config) {
  gateway_limits limits;
  limits.max_connections = config.connections_max;
  limits.max_connections_per_ip = config.connections_max_per_ip;
  limits.per_ip_overrides = {config.connections_max_per_ip_overrides.begin(),
                             config.connections_max_per_ip_overrides.end()};
  limits.session.max_request_bytes = config.request_max_bytes;
  limits.session.max_in_flight_requests = config.requests_in_flight_max;
  limits.session.idle_ms = config.connections_max_idle_ms;
  limits.session.receive_ms = config.request_receive_timeout_ms;
  limits.max_connection_rate = config.connection_creation_rate_max;
  limits.listen_backlog = config.socket_listen_backlog;
  limits.send_buffer_bytes = config.socket_send_buffer_bytes;
  limits.receive_buffer_bytes = config.socket_receive_buffer_bytes;
  return limits;
}

size_t unit_count(const broker_config& config) {
  if (config.io_threads > 0) return static_cast<size_t>(config.io_threads);
  return static_cast<size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN) / 2));
}

int cannot_start(std::string_view why) {
  log::error("broker", "cannot start: {}", why);
  return 1;
}

/// A question to an actor from the main thread. Nothing if the actor is gone.
template <class Answer, class Handle, class Question>
std::optional<Answer> ask(caf::scoped_actor& self, const Handle& whom, Question question) {
  std::optional<Answer> answer;
  self->request(whom, caf::infinite, std::move(question))
      .receive([&](Answer& given) { answer = std::move(given); }, [](const caf::error&) {});
  return answer;
}

class process {
public:
  process(const broker_config& config, file_system& disk, opened_log_dirs dirs,
          memory_budget& memory)
      : config_(config),
        disk_(disk),
        dirs_(std::move(dirs)),
        memory_(memory),
        runtime_(runtime_options{.units = unit_count(config), .resources = {.memory = &memory}}),
        system_(runtime_),
        self_(system_) {}

  int run(const stop_signals& signals,
          const std::function<void(const std::vector<listener_config>&)>& serving) {
    auto failure = start(serving);
    if (failure) {
      cannot_start(*failure);
    } else {
      const int number = signals.wait();
      if (!emergency_.why())
        log::info("broker", "stopping on {}", number == SIGINT ? "SIGINT" : "SIGTERM");
    }
    alarm(stop_limit_s);
    const bool is_clean = stop();
    return failure || emergency_.why() || !is_clean ? 1 : 0;
  }

private:
  std::optional<std::string> start(
      const std::function<void(const std::vector<listener_config>&)>& serving) {
    auto mailbox = std::make_shared<store_mailbox>();
    auto store = make_metadata_store(config_, store_mailbox::executor(mailbox));
    if (!store) return store.error().message;
    for (const auto& warning : dirs_.warnings) log::warn("disk", "{}", warning);
    const auto cluster_id = dirs_.cluster_id;
    node_.emplace(system_, config_,
                  node_seams{.units = units_of(system_),
                             .memory = &memory_,
                             .time = &system_clock(),
                             .disk = &disk_,
                             .store = std::move(*store),
                             .mailbox = std::move(mailbox)},
                  std::move(dirs_),
                  [this](std::string why) { emergency_.declare(std::move(why)); });
    gateway_ = spawn_gateway(system_, {.services = &node_->services(),
                                       .routes = client_routes(),
                                       .limits = limits_of(config_),
                                       .limits_now = [cell = node_->services().config] {
                                         return limits_of(*cell->get());
                                       }});
    auto bound = ask<gateway_opened>(self_, gateway_, open_gateway{config_.listeners});
    if (!bound) return "the gateway failed";
    if (bound->failure) return *bound->failure;
    auto started =
        ask<broker_started>(self_, node_->supervisor(), node_->introduction(bound->bound));
    if (!started) return emergency_.why().value_or("the supervisor failed");
    if (started->failure) return started->failure->message;
    const auto image = node_->services().metadata->get();
    if (image->cluster_id() != cluster_id) {
      return "log.dirs belong to cluster " + cluster_id + ", but the metadata in " +
             config_.metadata_dir + " to " + image->cluster_id();
    }
    self_->send(gateway_, accept_connections{});
    log::info("broker", "broker {} of cluster {} serves", config_.node_id, cluster_id);
    serving(bound->bound);
    return std::nullopt;
  }

  /// Clients first, then groups, then the logs. Whether every log is on disk.
  bool stop() {
    if (gateway_) {
      ask<gateway_closed>(self_, gateway_, close_gateway{});
      self_->send_exit(gateway_, caf::exit_reason::user_shutdown);
      gateway_ = nullptr;
    }
    bool is_clean = true;
    if (node_) {
      node_->end_coordinators();
      auto stopped = ask<broker_stopped>(self_, node_->supervisor(), stop_broker{});
      is_clean = stopped && stopped->is_clean;
      node_->end();
    }
    self_->await_all_other_actors_done();
    return is_clean;
  }

  const broker_config& config_;
  file_system& disk_;
  opened_log_dirs dirs_;
  memory_budget& memory_;
  emergency emergency_;
  runtime_config runtime_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  std::optional<node> node_;
  gateway_handle gateway_;
};

}  // namespace

int run_broker(const broker_config& config,
               const std::function<void(const std::vector<listener_config>&)>& serving) {
  stop_signals signals;
  posix_file_system disk;
  auto random = random_source::from_system();
  auto dirs = open_log_dirs(disk, config, random);
  if (!dirs) return cannot_start(dirs.error().message);
  memory_budget memory{budget_of(config)};
  return process{config, disk, std::move(*dirs), memory}.run(signals, serving);
}

}  // namespace ottla
