#include "actors/admin/admin_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/error.hpp>
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/in_turns.hpp"
#include "actors/cluster/config_requests.hpp"
#include "storage/file_system.hpp"

namespace ottla {
namespace {

/// How long one round of questions to all partitions serves.
constexpr int64_t round_serves_ms = 2'000;
constexpr size_t questions_at_a_time = 64;

/// Where the keys of the config stand, in one word.
const char* name_of(config_source source) {
  switch (source) {
    case config_source::dynamic_topic:
      return "topic";
    case config_source::dynamic_broker:
      return "broker";
    case config_source::dynamic_default_broker:
      return "cluster";
    case config_source::static_broker:
      return "static";
    default:
      return "default";
  }
}

const char* name_of(config_type type) {
  switch (type) {
    case config_type::boolean:
      return "boolean";
    case config_type::int32:
    case config_type::int16:
    case config_type::int64:
      return "integer";
    case config_type::float64:
      return "number";
    case config_type::list:
      return "list";
    case config_type::password:
      return "password";
    default:
      return "text";
  }
}

/// The value that rows are ordered by, where the image knows it.
int64_t image_value(const topic_row& row, const std::string& sort) {
  if (sort == "partitions") return row.partitions;
  if (sort == "replicationFactor") return row.replication_factor;
  if (sort == "underReplicated") return row.under_replicated;
  return 0;
}

void add_size(topic_row& row, const topic_image& topic, const partition_descriptions& known) {
  int64_t size = 0;
  int64_t records = 0;
  for (partition_index i = 0; i < topic.partition_count(); ++i) {
    auto found = known.find({topic.id(), i});
    if (found == known.end() || !found->second.is_leader) return;
    size += found->second.size_bytes;
    records += found->second.high_watermark - found->second.log_start_offset;
  }
  row.size_bytes = size;
  row.records = records;
}

}  // namespace

admin_actor::admin_actor(caf::actor_config& config, unit& works_for,
                         const broker_services* services, admin_worker_handle worker)
    : pinned(config, works_for), services_(*services), worker_(std::move(worker)) {}

admin_actor::behavior_type admin_actor::make_behavior() {
  return {[this](const admin_question& question) { question.ask(*this); }};
}

void admin_actor::on_exit() {
  is_over_ = true;
  this->send_exit(worker_, caf::exit_reason::user_shutdown);
  waiting_for_all_.clear();
}

// --- what several questions need ---

void admin_actor::describe(const std::vector<topic_id_partition>& which,
                           std::function<void(const partition_descriptions&)> use) {
  if (is_over_) return;
  auto answers = gather_for<partition_descriptions>(
      {}, [use = std::move(use)](partition_descriptions& all) { use(all); });
  in_turns::start(which.size(), questions_at_a_time,
                  [this, which, answers](size_t i, const in_turns::ended_function& ended) {
                    auto handle = services_.partitions->find(which[i]);
                    if (!handle || is_over_) return ended();
                    this->request(handle, caf::infinite, query_partition{})
                        .then(
                            [=, key = which[i]](const partition_description& said) {
                              answers->emplace(key, said);
                              ended();
                            },
                            [ended](const caf::error&) { ended(); });
                  });
}

void admin_actor::describe_all(std::function<void(const descriptions_ptr&)> use) {
  if (all_ && time().mono_ms() - all_ms_ < round_serves_ms) return use(all_);
  if (is_over_) return;
  waiting_for_all_.push_back(std::move(use));
  if (waiting_for_all_.size() > 1) return;
  std::vector<topic_id_partition> open;
  for (const auto& [which, handle] : services_.partitions->all()) open.push_back(which);
  describe(open, [this](const partition_descriptions& answers) {
    all_ = std::make_shared<const partition_descriptions>(answers);
    all_ms_ = time().mono_ms();
    all_at_ = time().wall_ms();
    traffic_.add_round(answers);
    for (auto& each : std::exchange(waiting_for_all_, {})) each(all_);
  });
}

std::vector<missing_broker> admin_actor::missing(const std::set<broker_id>& asked) const {
  std::vector<missing_broker> result;
  for (auto id : asked) {
    if (id != services_.config->get()->node_id) {
      result.push_back({id, "this broker shows its own partitions and groups only"});
    }
  }
  return result;
}

// --- the cluster ---

void admin_actor::cluster(const admin_reply<cluster_view>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  reply(view_cluster(*image, *services_.config->get(), time().wall_ms()));
}

void admin_actor::brokers(const admin_reply<brokers_view>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  const auto config = services_.config->get();
  auto view = view_brokers(*image, config->node_id);
  std::set<broker_id> others;
  for (auto& broker : view.brokers) {
    if (!broker.is_self) {
      others.insert(broker.id);
      continue;
    }
    broker.log_dirs = own_log_dirs();
  }
  view.missing = missing(others);
  reply(std::move(view));
}

std::vector<log_dir_view> admin_actor::own_log_dirs() const {
  std::vector<log_dir_view> dirs;
  for (const auto& path : services_.config->get()->log_dirs) {
    auto& dir = dirs.emplace_back();
    dir.path = path;
    if (services_.disk == nullptr) continue;
    // Asks the filesystem's tables in memory, not the disk.
    if (auto space = services_.disk->space(path)) {
      dir.total_bytes = space->total_bytes;
      dir.free_bytes = space->free_bytes;
    }
  }
  return dirs;
}

void admin_actor::traffic(const admin_reply<traffic_view>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  describe_all([=, this](const descriptions_ptr&) {
    std::set<broker_id> active;
    for (const auto& broker : image->brokers()) {
      if (broker.is_active()) active.insert(broker.registration.id);
    }
    const auto& sums = traffic_.all();
    reply(traffic_view{.broker = services_.config->get()->node_id,
                       .measured_at = all_at_,
                       .appended_records = sums.appended_records,
                       .appended_bytes = sums.appended_bytes,
                       .read_bytes = sums.read_bytes,
                       .replicated_bytes = sums.replicated_bytes,
                       .missing = missing(active)});
  });
}

void admin_actor::readiness(const admin_reply<std::vector<readiness_check>>& reply) {
  const auto image = services_.metadata->get();
  const auto id = services_.config->get()->node_id;
  const auto* self = image ? image->find_broker(id) : nullptr;
  std::vector<readiness_check> checks;
  auto check = [&](const char* name, bool is_met, std::string reason) {
    checks.push_back({name, is_met, is_met ? "" : std::move(reason)});
  };
  check("metadata", image != nullptr, "the metadata has not been read yet");
  check("registered", self != nullptr, "the broker is not registered in its cluster");
  check("serving", self != nullptr && self->is_active(),
        "logs are still being recovered, or the controller has not let the broker in yet");
  check("staying", self == nullptr || self->status != broker_status::stopping,
        "the broker is stopping");
  check("controller", image && image->controller() != no_broker, "the cluster has no controller");
  reply(std::move(checks));
}

// --- topics ---

void admin_actor::topics(const topics_question& question, const admin_reply<topics_page>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  const auto& wanted = question.page;
  auto answer = [=, this](const descriptions_ptr& known) {
    const bool is_by_size = wanted.sort == "size";
    std::vector<page_key> keys;
    image->for_each_topic([&](const topic_ptr& topic) {
      if (topic->is_internal() && !question.with_internal) return;
      if (!contains_ignoring_case(topic->name(), wanted.search)) return;
      if (wanted.sort == "name") {
        keys.push_back({0, topic->name()});
        return;
      }
      auto row = row_of(*topic);
      auto value = image_value(row, wanted.sort);
      if (known) {
        add_size(row, *topic, *known);
        value = (is_by_size ? row.size_bytes : row.records).value_or(-1);
      }
      keys.push_back({value, topic->name()});
    });
    topics_page page;
    page.total = static_cast<int64_t>(keys.size());
    for (const auto& key : cut_page(std::move(keys), wanted, page.next)) {
      page.rows.push_back(row_of(*image->find_topic(key.name)));
    }
    fill_topics(image, std::move(page), reply);
  };
  if (wanted.sort == "size" || wanted.sort == "records") return describe_all(answer);
  answer(nullptr);
}

/// Only the rows of the page are looked at closely.
void admin_actor::fill_topics(const image_ptr& image, topics_page page,
                              const admin_reply<topics_page>& reply) {
  std::vector<topic_id_partition> which;
  std::set<broker_id> leaders;
  for (const auto& row : page.rows) {
    for (partition_index i = 0; i < row.partitions; ++i) {
      which.push_back({row.id, i});
      add_leader(leaders, *image->find_partition(which.back()));
    }
  }
  page.missing = missing(leaders);
  describe(which, [=](const partition_descriptions& known) mutable {
    for (auto& row : page.rows) add_size(row, *image->find_topic(row.id), known);
    reply(std::move(page));
  });
}

void admin_actor::topic(const std::string& name, const admin_reply<topic_view>& reply) {
  auto topic = topic_for(name, reply);
  if (!topic) return;
  auto view = view_topic(*topic, *services_.config->get());
  std::vector<topic_id_partition> which;
  std::set<broker_id> leaders;
  for (const auto& each : view.partitions) {
    which.push_back({view.id, each.partition});
    add_leader(leaders, topic->partition(each.partition));
  }
  view.missing = missing(leaders);
  describe(which, [view = std::move(view), reply](const partition_descriptions& known) mutable {
    for (auto& each : view.partitions) {
      auto found = known.find({view.id, each.partition});
      if (found == known.end() || !found->second.is_leader) continue;
      const auto& said = found->second;
      each.facts = partition_facts{said.log_start_offset, said.high_watermark, said.log_end_offset,
                                   said.size_bytes,       said.segments,       said.log_directory};
    }
    reply(std::move(view));
  });
}

void admin_actor::topic_configs(const std::string& name,
                                const admin_reply<std::vector<config_view>>& reply) {
  auto topic = topic_for(name, reply);
  if (!topic) return;
  std::vector<config_view> views;
  const auto replicas = topic->partition(0).replicas.size();
  for (auto& each : describe_topic(*services_.config->get(), name, replicas, topic->configs())) {
    views.push_back({each.name, each.value, name_of(each.source), each.is_read_only,
                     each.is_sensitive, name_of(each.type), std::string{each.doc}});
  }
  reply(std::move(views));
}

}  // namespace ottla
