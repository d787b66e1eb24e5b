#include "actors/broker/run_broker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <mutex>

#include "actors/broker/admin_interface.hpp"
#include "actors/broker/cluster_identity.hpp"
#include "actors/broker/cluster_secret.hpp"
#include "actors/broker/make_metadata_store.hpp"
#include "actors/broker/node.hpp"
#include "actors/broker/open_files.hpp"
#include "actors/cluster/new_cluster.hpp"
#include "actors/config/listener_values.hpp"
#include "actors/gateway/gateway.hpp"
#include "actors/gateway/routes.hpp"
#include "actors/runtime/io_coordinator.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/stop_signals.hpp"
#include "storage/log_files.hpp"
#include "storage/posix_file_system.hpp"

namespace ottla {
namespace {

/// A stop that takes longer is ended by SIGALRM: a supervisor restarts, recovery does the rest.
constexpr unsigned stop_limit_s = 30;
/// Many times what elections take; a controller that is away must not hold up the stop for longer.
constexpr int64_t hand_over_limit_ms = 5'000;

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

/// Of the listener for brokers: nothing that clients do can shut it.
gateway_limits broker_limits_of(const broker_config& config) {
  gateway_limits limits;
  limits.listen_backlog = config.socket_listen_backlog;
  limits.session.idle_ms = -1;
  return limits;
}

/// The listeners for clients, or that for brokers.
std::vector<listener_config> listeners_of(const broker_config& config, bool for_brokers) {
  auto some = config.listeners;
  std::erase_if(some, [&](const auto& each) {
    return (config.is_in_cluster() && each.name == config.inter_broker_listener) != for_brokers;
  });
  return some;
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
          std::string cluster_secret, memory_budget& memory, open_files_plan files)
      : config_(config),
        disk_(disk),
        dirs_(std::move(dirs)),
        cluster_secret_(std::move(cluster_secret)),
        memory_(memory),
        files_(std::move(files)),
        runtime_(runtime_options{.units = unit_count(config), .resources = {.memory = &memory}}),
        system_(runtime_),
        self_(system_),
        reason_(caf::actor_cast<caf::actor>(self_.ptr())) {}

  int run(stop_signals& signals, const serving_function& serving) {
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
    if (!failure) hand_over();
    const bool is_clean = stop();
    signals.ignore();
    return failure || reason_.is_fatal() || !is_clean ? 1 : 0;
  }

private:
  /// Why the broker cannot start. Nothing also if it was told to stop meanwhile.
  std::optional<std::string> start(const serving_function& serving) {
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
                             .mailbox = std::move(mailbox),
                             .cluster_secret = cluster_secret_},
                  std::move(dirs_),
                  [this](std::string why) { reason_.declare_fatal(std::move(why)); });
    gateway_ = spawn_gateway(system_, {.services = &node_->services(),
                                       .routes = client_routes(),
                                       .limits = limits_of(config_, files_),
                                       .limits_now = [this, cell = node_->services().config] {
                                         return limits_of(*cell->get(), files_);
                                       }});
    if (config_.is_in_cluster()) {
      broker_gateway_ = spawn_gateway(system_, {.services = &node_->services(),
                                                .routes = broker_routes(),
                                                .limits = broker_limits_of(config_),
                                                .pool = memory_pool::replication});
    }
    if (!config_.admin.listeners
             .empty()) {  // from here on it can be asked what the start waits for
      auto admin = admin_interface::start(system_, node_->services());
      if (!admin) return admin.error().message;
      admin_ = std::move(*admin);
    }
    std::vector<listener_config> bound;
    for (const bool for_brokers : {false, true}) {
      auto failure = bind(for_brokers, bound);
      if (failure) return failure;
    }
    auto started = start_supervisor(bound);
    if (!started) return std::nullopt;
    if (started->failure) return started->failure->message;
    const auto image = node_->services().metadata->get();
    if (image->cluster_id() != cluster_id) {
      return "log.dirs belong to cluster " + cluster_id + ", but the metadata in " +
             config_.metadata_dir + " to " + image->cluster_id();
    }
    if (broker_gateway_) self_->send(broker_gateway_, accept_connections{});
    self_->send(gateway_, accept_connections{});
    log::info("broker", "broker {} of cluster {} serves", config_.node_id, cluster_id);
    serving(bound, admin_ ? admin_->bound() : std::vector<admin_address>{});
    return std::nullopt;
  }

  /// Opens the listeners of one kind and adds them, with their ports, to `bound`.
  std::optional<std::string> bind(bool for_brokers, std::vector<listener_config>& bound) {
    const auto& where = for_brokers ? broker_gateway_ : gateway_;
    if (!where) return std::nullopt;
    auto opened =
        ask<gateway_opened>(self_, where, open_gateway{listeners_of(config_, for_brokers)});
    if (!opened) return "the gateway failed";
    if (opened->failure) return opened->failure;
    bound.insert(bound.end(), opened->bound.begin(), opened->bound.end());
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

  /// In a cluster the others take over before anything here ends.
  void hand_over() {
    if (!config_.is_in_cluster() || reason_.is_fatal()) return;
    auto done = ask<leaderships_handed_over>(self_, node_->supervisor(),
                                             hand_over_leaderships{hand_over_limit_ms});
    if (done && done->kept > 0) {
      log::warn("broker", "nobody took over the leadership of {} partitions within {} ms",
                done->kept, hand_over_limit_ms);
    }
  }

  /// Clients first, then groups, then the logs. Whether every log is on disk.
  bool stop() {
    if (admin_) admin_->stop(self_);
    close(gateway_);
    bool is_clean = true;
    if (node_) {
      node_->end_coordinators();
      auto stopped = ask<broker_stopped>(self_, node_->supervisor(), stop_broker{});
      is_clean = stopped && stopped->is_clean;
    }
    close(broker_gateway_);
    if (node_) node_->end();
    self_->await_all_other_actors_done();
    return is_clean;
  }

  void close(gateway_handle& which) {
    if (!which) return;
    ask<gateway_closed>(self_, which, close_gateway{});
    self_->send_exit(which, caf::exit_reason::user_shutdown);
    which = nullptr;
  }

  const broker_config& config_;
  file_system& disk_;
  opened_log_dirs dirs_;
  const std::string cluster_secret_;
  memory_budget& memory_;
  const open_files_plan files_;
  runtime_config runtime_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  stop_reason reason_;
  std::optional<node> node_;
  std::unique_ptr<admin_interface> admin_;  ///< Null where there is none.
  gateway_handle gateway_;
  gateway_handle broker_gateway_;  ///< Null where this broker is the only one.
};

/// A new store would say that all topics are gone.
outcome<void> check_store_is_there(file_system& disk, const broker_config& config) {
  const auto store = embedded_store_path(config);
  auto exists = disk.exists(store);
  if (!exists) return std::move(exists.error());
  if (*exists) return {};
  for (const auto& path : config.log_dirs) {
    auto entries = disk.list(path);
    if (!entries) continue;  // new, or its opening says what is wrong
    const auto partitions = std::ranges::count_if(*entries, [](const directory_entry& each) {
      auto name = parse_partition_directory(each.name);
      return each.is_directory && name && name->kind == partition_directory_kind::live;
    });
    if (partitions == 0) continue;
    return fault{error_code::kafka_storage_error,
                 fmt::format("{} holds {} partitions, but there is no metadata store {}: let "
                             "metadata.log.dir name its directory, or restore it from a backup. "
                             "To begin with an empty cluster, move the partitions away",
                             path, partitions, store),
                 0};
  }
  return {};
}

/// What the log directories hold, and whether they go with the metadata.
outcome<opened_log_dirs> open_dirs(posix_file_system& disk, const broker_config& config,
                                   random_source& random, size_t open_files_max) {
  if (!config.is_in_cluster()) {
    OTTLA_TRY(check_store_is_there(disk, config));
    return open_log_dirs(disk, config, random, open_files_max);
  }
  auto own = cluster_of_log_dirs(disk, config.log_dirs);
  if (!own) return std::move(own.error());
  const cluster_record fresh{random.id().to_string(), cluster_bucket_count,
                             system_clock().wall_ms()};
  auto cluster_id = join_cluster(
      [&](store_executor executor) { return make_metadata_store(config, std::move(executor)); },
      fresh, *own, config.zookeeper_connection_timeout_ms);
  if (!cluster_id) return std::move(cluster_id.error());
  return open_log_dirs_of(disk, config, random, open_files_max, std::move(*cluster_id));
}

}  // namespace

int run_broker(const broker_config& config, const serving_function& serving) {
  stop_signals signals;
  std::signal(SIGPIPE, SIG_IGN);
  posix_file_system disk;
  auto random = random_source::from_system();
  auto files = plan_open_files(raise_open_files_limit(), config);
  if (!files) return cannot_start(files.error().message);
  std::string secret;
  if (config.is_in_cluster()) {
    auto loaded = load_cluster_secret(config.cluster_secret_file);
    if (!loaded) return cannot_start(loaded.error().message);
    secret = std::move(*loaded);
  }
  auto dirs = open_dirs(disk, config, random, files->log_files);
  if (!dirs) return cannot_start(dirs.error().message);
  memory_budget memory{budget_of(config)};
  return process{config, disk, std::move(*dirs), std::move(secret), memory, std::move(*files)}.run(
      signals, serving);
}

}  // namespace ottla
