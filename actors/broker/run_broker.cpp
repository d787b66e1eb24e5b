#include "actors/broker/run_broker.hpp"

#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <mutex>

#include "actors/broker/make_metadata_store.hpp"
#include "actors/broker/node.hpp"
#include "actors/broker/open_files.hpp"
#include "actors/config/listener_values.hpp"
#include "actors/gateway/gateway.hpp"
#include "actors/gateway/routes.hpp"
#include "actors/runtime/io_coordinator.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/stop_signals.hpp"
#include "storage/posix_file_system.hpp"

namespace ottla {
namespace {

/// A stop that takes longer is ended by SIGALRM: a supervisor restarts, recovery does the rest.
constexpr unsigned stop_limit_s = 30;

/// Why the broker stops, told from any thread; wakes the main thread by a message.
class stop_reason {
public:
  explicit stop_reason(caf::actor main) : main_(std::move(main)) {}

  /// The broker cannot go on.
  void declare_fatal(std::string why) {
    {
      std::lock_guard lock{mutex_};
      if (!why_.empty()) return;
      why_ = why;
    }
    log::error("broker", "{}", why);
    caf::anon_send(main_, stop_broker{});
  }
  void signalled(int number) {
    log::info("broker", "stopping on {}", number == SIGINT ? "SIGINT" : "SIGTERM");
    caf::anon_send(main_, stop_broker{});
  }
  [[nodiscard]] bool is_fatal() const {
    std::lock_guard lock{mutex_};
    return !why_.empty();
  }

private:
  const caf::actor main_;
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

gateway_limits limits_of(const broker_config& config, const open_files_plan& files) {
  gateway_limits limits;
  limits.max_connections = config.connections_max;
  limits.max_by_open_files = files.connections_max;
  limits.max_connections_per_ip = config.connections_max_per_ip;
  limits.per_ip_overrides = {config.connections_max_per_ip_overrides.begin(),
                             config.connections_max_per_ip_overrides.end()};
  limits.session.max_request_bytes = config.request_max_bytes;
  limits.session.max_in_flight_requests = config.requests_in_flight_max;
  limits.session.idle_ms = config.connections_max_idle_ms;
  limits.session.receive_ms = config.request_receive_timeout_ms;
  limits.max_connection_rate = config.connection_creation_rate_max;
  for (const auto& [name, most] : listener_values(config, "max.connections")) {
    limits.by_listener[name].max_connections = most;
  }
  for (const auto& [name, rate] : listener_values(config, "max.connection.creation.rate")) {
    limits.by_listener[name].max_connection_rate = rate;
  }
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
          memory_budget& memory, open_files_plan files)
      : config_(config),
        disk_(disk),
        dirs_(std::move(dirs)),
        memory_(memory),
        files_(std::move(files)),
        runtime_(runtime_options{.units = unit_count(config), .resources = {.memory = &memory}}),
        system_(runtime_),
        self_(system_),
        reason_(caf::actor_cast<caf::actor>(self_.ptr())) {}

  int run(stop_signals& signals,
          const std::function<void(const std::vector<listener_config>&)>& serving) {
    signals.watch([this](int number) { reason_.signalled(number); });
    auto failure = start(serving);
    if (failure) {
      cannot_start(*failure);
    } else {
      self_->receive(
          [](const stop_broker&) {},
          [this](const caf::down_msg&) { reason_.declare_fatal("the supervisor failed"); });
    }
    alarm(stop_limit_s);
    const bool is_clean = stop();
    signals.ignore();
    return failure || reason_.is_fatal() || !is_clean ? 1 : 0;
  }

private:
  /// Why the broker cannot start. Nothing also if it was told to stop meanwhile.
  std::optional<std::string> start(
      const std::function<void(const std::vector<listener_config>&)>& serving) {
    auto mailbox = std::make_shared<store_mailbox>();
    auto store = make_metadata_store(config_, store_mailbox::executor(mailbox));
    if (!store) return store.error().message;
    for (const auto& warning : dirs_.warnings) log::warn("disk", "{}", warning);
    for (const auto& warning : files_.warnings) log::warn("broker", "{}", warning);
    const auto cluster_id = dirs_.cluster_id;
    node_.emplace(system_, config_,
                  node_seams{.units = units_of(system_),
                             .memory = &memory_,
                             .time = &system_clock(),
                             .disk = &disk_,
                             .store = std::move(*store),
                             .mailbox = std::move(mailbox)},
                  std::move(dirs_),
                  [this](std::string why) { reason_.declare_fatal(std::move(why)); });
    gateway_ = spawn_gateway(system_, {.services = &node_->services(),
                                       .routes = client_routes(),
                                       .limits = limits_of(config_, files_),
                                       .limits_now = [this, cell = node_->services().config] {
                                         return limits_of(*cell->get(), files_);
                                       }});
    auto bound = ask<gateway_opened>(self_, gateway_, open_gateway{config_.listeners});
    if (!bound) return "the gateway failed";
    if (bound->failure) return *bound->failure;
    auto started = start_supervisor(bound->bound);
    if (!started) return std::nullopt;
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

  /// Nothing if the broker is to stop: recovery can take long, and may find that there is no use.
  std::optional<broker_started> start_supervisor(const std::vector<listener_config>& bound) {
    std::optional<broker_started> started;
    bool is_over = false;
    self_->monitor(node_->supervisor());
    self_->send(node_->supervisor(), node_->introduction(bound));
    self_->receive_while([&] { return !is_over; })(
        [&](broker_started& answer) {
          started = std::move(answer);
          is_over = true;
        },
        [&](const stop_broker& wanted) {
          caf::anon_send(caf::actor_cast<caf::actor>(self_.ptr()), wanted);  // for run()
          is_over = true;
        },
        [&](const caf::down_msg&) {
          if (!started) reason_.declare_fatal("the supervisor failed");
        });
    return started;
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
  const open_files_plan files_;
  runtime_config runtime_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  stop_reason reason_;
  std::optional<node> node_;
  gateway_handle gateway_;
};

}  // namespace

int run_broker(const broker_config& config,
               const std::function<void(const std::vector<listener_config>&)>& serving) {
  stop_signals signals;
  std::signal(SIGPIPE, SIG_IGN);
  posix_file_system disk;
  auto random = random_source::from_system();
  auto files = plan_open_files(raise_open_files_limit(), config);
  if (!files) return cannot_start(files.error().message);
  auto dirs = open_log_dirs(disk, config, random, files->log_files);
  if (!dirs) return cannot_start(dirs.error().message);
  memory_budget memory{budget_of(config)};
  return process{config, disk, std::move(*dirs), memory, std::move(*files)}.run(signals, serving);
}

}  // namespace ottla
