#include "actors/broker/node.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "actors/broker/broker_actor.hpp"
#include "actors/cluster/controller_actor.hpp"
#include "actors/cluster/controller_link_actor.hpp"
#include "actors/cluster/liveness_actor.hpp"
#include "actors/cluster/new_cluster.hpp"
#include "actors/group/coordinators_actor.hpp"
#include "actors/partition/isr_proposals_actor.hpp"
#include "actors/peer/peer_actor.hpp"
#include "actors/runtime/log.hpp"
#include "actors/storage/cleaner_actor.hpp"
#include "actors/storage/directory_actor.hpp"
#include "actors/storage/disk_actor.hpp"
#include "actors/storage/scrubber_actor.hpp"

namespace ottla {
namespace {

/// Two threads let one log's flush go on while another waits for the disk; more pays only where a
/// disk serves many writers at once.
constexpr size_t flushers_per_directory = 2;
constexpr int64_t connect_timeout_ms = 10'000;

template <class Handle>
void end_actor(Handle& handle) {
  if (handle) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  handle = nullptr;
}

compression_options offsets_compression(const broker_config& config) {
  return {.codec = static_cast<compression_codec>(config.offsets_topic_compression_codec)};
}

/// Connections to the other brokers, by the address that each has for brokers.
make_peer peers_of(caf::actor_system& system, connector connect, std::string listener,
                   std::string secret) {
  return
      [&system, connect = std::move(connect), listener = std::move(listener),
       secret = std::move(secret)](unit& where, const replica_seat& self, const broker_image& other,
                                   std::function<void(bool was_refused)> lost) -> peer_handle {
        const auto* at = other.endpoint(listener);
        if (at == nullptr) {
          log::warn("peer", "broker {} has no listener {}", other.registration.id, listener);
          return {};
        }
        peer_setup setup{
            .name = fmt::format("broker {} at {}:{}", other.registration.id, at->host, at->port),
            .connect =
                [&where, connect, host = at->host, port = at->port](connect_ended ended) {
                  connect(where, host, port, connect_timeout_ms, std::move(ended));
                },
            .lost = std::move(lost),
            .identity = peer_identity{self, other.registration.id, secret}};
        return caf::actor_cast<peer_handle>(spawn_on<peer_actor>(system, where, std::move(setup)));
      };
}

/// The threads that work for each log directory.
std::vector<directory_crew> hire(caf::actor_system& system, unit& first,
                                 const broker_config& config, opened_log_dirs& dirs) {
  const auto workers = static_cast<size_t>(std::max(config.recovery_threads_per_dir, 1));
  std::vector<directory_crew> crews;
  for (auto& opened : dirs.directories) {
    auto& crew = crews.emplace_back();
    crew.path = opened.directory->path();
    crew.id = opened.directory->identity().directory_id;
    crew.space = std::make_shared<free_space>(opened.directory->disk(), crew.path,
                                              config.log_dir_reserve_bytes);
    crew.owner =
        spawn_blocking<directory_actor>(system, first, opened.directory, std::move(opened.found));
    for (size_t i = 0; i < flushers_per_directory; ++i) {
      crew.flushers.push_back(spawn_blocking<disk_actor>(system, first, opened.handles));
    }
    for (size_t i = 0; i < workers; ++i) {
      crew.workers.push_back(spawn_blocking<disk_actor>(system, first, opened.handles));
    }
  }
  return crews;
}

}  // namespace

node::node(caf::actor_system& system, broker_config config, node_seams seams, opened_log_dirs dirs,
           std::function<void(std::string why)> give_up)
    : config_(std::move(config)),
      random_(seams.units.front()->random().next()),
      fetches_({.slots = static_cast<size_t>(config_.get()->fetch_session_slots)},
               [this] {
                 std::lock_guard lock{random_mutex_};
                 return static_cast<uint32_t>(random_.next());
               }),
      stopped_(dirs.stopped),
      incarnation_(dirs.incarnation),
      previous_incarnation_(dirs.previous_incarnation) {
  const auto settings = config_.get();
  auto& first = *seams.units.front();
  auto on_fatal = [give_up](const fault& why) { give_up(why.message); };
  const auto buckets = settings->is_in_cluster() ? cluster_bucket_count : embedded_bucket_count;
  const cluster_record new_cluster{dirs.cluster_id, buckets, seams.time->wall_ms()};
  metadata_ = spawn_blocking<metadata_actor>(system, first,
                                             metadata_setup{.store = std::move(seams.store),
                                                            .mailbox = std::move(seams.mailbox),
                                                            .new_cluster = new_cluster,
                                                            .cache = &metadata_cache_,
                                                            .config = &config_,
                                                            .id = settings->node_id,
                                                            .on_fatal = on_fatal});
  controller_ = spawn_on<controller_actor>(system, first,
                                           controller_setup{.id = settings->node_id,
                                                            .metadata = metadata_,
                                                            .config = &config_,
                                                            .broker_reports_applied = true,
                                                            .on_fatal = on_fatal});
  caf::anon_send(metadata_,
                 subscribe_images{caf::actor_cast<caf::weak_actor_ptr>(controller_), true});
  services_.time = seams.time;
  services_.memory = seams.memory;
  services_.disk = seams.disk;
  services_.units = seams.units;
  services_.config = &config_;
  services_.metadata = &metadata_cache_;
  services_.partitions = &partitions_;
  services_.fetches = &fetches_;
  services_.groups = &coordinators_directory_;
  services_.controller = services_.own_controller = controller_;
  services_.cluster_secret = std::move(seams.cluster_secret);
  auto places = dirs.places();
  auto clean_points = dirs.clean_points();
  const bool is_directory_missing = dirs.is_any_left_out;
  const std::array<uint64_t, 2> hash_seed{random_.next(), random_.next()};
  broker_setup setup{.services = &services_,
                     .open = &partitions_,
                     .config = &config_,
                     .metadata = metadata_,
                     .cleaner = spawn_blocking<cleaner_actor>(system, first, hash_seed),
                     .scrubber = spawn_blocking<scrubber_actor>(system, first),
                     .scrub_first = stopped_ == last_stop::process_crash,
                     .clean_points = std::move(clean_points),
                     .directories = hire(system, first, *settings, dirs),
                     .found = std::move(places),
                     .is_directory_missing = is_directory_missing,
                     .give_up = std::move(give_up)};
  if (!services_.cluster_secret.empty()) {
    join_cluster(system, std::move(seams.connect), setup);
  }
  supervisor_ = spawn_on<broker_actor>(system, first, std::move(setup));
  services_.supervisor = supervisor_;
  coordinators_ = spawn_on<coordinators_actor>(
      system, first,
      coordinators_setup{
          .self = settings->node_id,
          .units = seams.units,
          .options = std::make_shared<const group_options>(group_options_of(*settings)),
          .compression = offsets_compression(*settings),
          .finder = supervisor_,
          .directory = &coordinators_directory_});
  // An actor begins with its first message: this one has to follow the images from the start.
  caf::anon_send(metadata_, subscribe_images{caf::actor_cast<caf::weak_actor_ptr>(coordinators_)});
}

/// Between this broker and the others: the way to the controller, and what replication needs.
void node::join_cluster(caf::actor_system& system, connector connect, broker_setup& setup) {
  const auto settings = config_.get();
  auto& first = *services_.units.front();
  setup.connect = peers_of(system, std::move(connect), settings->inter_broker_listener,
                           services_.cluster_secret);
  services_.reach = [this, connect = setup.connect](unit& where, broker_id other) -> peer_handle {
    const auto image = metadata_cache_.get();
    const auto self = config_.get()->node_id;
    const auto* here = image ? image->find_broker(self) : nullptr;
    const auto* there = image ? image->find_broker(other) : nullptr;
    if (here == nullptr || there == nullptr) return {};
    return connect(where, {self, here->epoch}, *there, nullptr);
  };
  controller_link_ = spawn_on<controller_link_actor>(
      system, first,
      controller_link_setup{.self = settings->node_id,
                            .here = controller_,
                            .reach = [connect = setup.connect, &first](const replica_seat& self,
                                                                       const broker_image& other) {
                              return connect(first, self, other, nullptr);
                            }});
  caf::anon_send(metadata_,
                 subscribe_images{caf::actor_cast<caf::weak_actor_ptr>(controller_link_)});
  services_.controller = controller_link_;
  liveness_ = spawn_on<liveness_actor>(
      system, first,
      liveness_setup{.self = settings->node_id,
                     .controller = controller_,
                     .reach = [connect = setup.connect, &first](
                                  const replica_seat& self, const broker_image& other, auto lost) {
                       return connect(first, self, other, std::move(lost));
                     }});
  caf::anon_send(metadata_, subscribe_images{caf::actor_cast<caf::weak_actor_ptr>(liveness_)});
  setup.proposals =
      spawn_on<isr_proposals_actor>(system, first, replica_seat{settings->node_id, no_broker_epoch},
                                    caf::actor_cast<isr_authority_handle>(controller_link_));
}

node::~node() {
  end();
}

start_broker node::introduction(const std::vector<listener_config>& listeners) const {
  const auto settings = config_.get();
  broker_registration registration{.id = settings->node_id,
                                   .incarnation = incarnation_,
                                   .stopped = stopped_,
                                   .rack = settings->rack};
  for (const auto& each : listeners) {
    registration.endpoints.push_back({each.name, static_cast<int16_t>(each.protocol),
                                      each.advertised_host, each.advertised_port});
  }
  return {std::move(registration), previous_incarnation_};
}

void node::end_coordinators() {
  end_actor(coordinators_);
}

void node::end() {
  end_coordinators();
  end_actor(supervisor_);
  end_actor(liveness_);
  end_actor(controller_link_);
  end_actor(controller_);
  end_actor(metadata_);
  services_.supervisor = nullptr;
  services_.controller = nullptr;
  services_.own_controller = nullptr;
}

}  // namespace ottla
