#include "actors/cluster/metadata_actor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <caf/send.hpp>

#include "actors/cluster/config_requests.hpp"
#include "actors/cluster/new_cluster.hpp"
#include "storage/metadata/stored_records.hpp"

namespace ottla {
namespace {

using kind = store_write::kind;

std::vector<metadata_change> everything(const cluster_record& cluster) {
  std::vector<metadata_change> all;
  for (int32_t i = 0; i < cluster.bucket_count; ++i) {
    all.push_back({.node = {metadata_node::kind::bucket, i}, .version = absent_version});
  }
  all.push_back({.node = {metadata_node::kind::broker_states, 0}, .version = absent_version});
  all.push_back({.node = {metadata_node::kind::configs, 0}, .version = absent_version});
  return all;
}

}  // namespace

store_executor store_mailbox::executor(std::shared_ptr<store_mailbox> mailbox) {
  return [mailbox = std::move(mailbox)](std::function<void()> task) {
    mailbox->post(std::move(task));
  };
}

void store_mailbox::bind(caf::weak_actor_ptr owner) {
  std::lock_guard lock{mutex_};
  owner_ = std::move(owner);
  auto actor = caf::actor_cast<caf::actor>(owner_);
  for (auto& task : early_) caf::anon_send(actor, store_task{std::move(task)});
  early_.clear();
}

void store_mailbox::post(std::function<void()> task) {
  std::lock_guard lock{mutex_};
  if (!owner_) {
    early_.push_back(std::move(task));
    return;
  }
  // Nobody is left to hear it once the owner is gone.
  if (auto actor = caf::actor_cast<caf::actor>(owner_)) {
    caf::anon_send(actor, store_task{std::move(task)});
  }
}

metadata_actor::metadata_actor(caf::actor_config& config, unit& where, metadata_setup setup)
    : pinned(config, where), setup_(std::move(setup)) {
  if (setup_.config != nullptr) static_config_ = setup_.config->get();
}

metadata_handle::behavior_type metadata_actor::make_behavior() {
  setup_.mailbox->bind(caf::weak_actor_ptr{ctrl()});
  setup_.store->start({.session = [this](session_event event) { session_event_came(event); },
                       .changed = [this](const std::string& path) { node_changed(path); }});
  return {[this](const subscribe_images& message) {
            subscribers_.push_back(message);
            // A session may have ended, and begun anew, since the first registration was answered.
            if (message.session_news && epoch_ != no_broker_epoch) {
              caf::anon_send(caf::actor_cast<caf::actor>(message.subscriber),
                             broker_registered{epoch_});
            }
            if (!image_) return;
            auto all = std::make_shared<std::vector<uuid>>();
            image_->for_each_topic([&](const topic_ptr& t) { all->push_back(t->id()); });
            image_->for_each_deleted([&](const auto& t) { all->push_back(t.id); });
            std::ranges::sort(*all);
            caf::anon_send(caf::actor_cast<caf::actor>(message.subscriber),
                           image_changed{nullptr, image_, std::move(all)});
          },
          [this](const register_broker& message) { return enter(message); },
          [this](const commit_steps& message) { return write(message); },
          [this](const read_nodes& message) { return read(message); },
          [](const store_task& task) { task.run(); }};
}

// What is still asked will not be answered: the store goes with its owner.
void metadata_actor::on_exit() {
  setup_.store->close();
  for (auto& [id, promise] : commits_) {
    promise.deliver(commit_result{.what = commit_result::status::unknown, .message = "stopping"});
  }
  for (auto& [id, promise] : reads_) {
    promise.deliver(read_nodes_result{error_code::broker_not_available, "stopping", {}});
  }
  answer_entry({error_code::broker_not_available, "stopping"});
  commits_.clear();
  reads_.clear();
}

void metadata_actor::tell_subscribers(const caf::message& what, bool is_session_news) {
  std::erase_if(subscribers_, [](const auto& s) { return s.subscriber.lock() == nullptr; });
  for (const auto& one : subscribers_) {
    if (is_session_news && !one.session_news) continue;
    if (auto actor = caf::actor_cast<caf::actor>(one.subscriber)) caf::anon_send(actor, what);
  }
}

void metadata_actor::session_event_came(session_event event) {
  connected_ = event == session_event::connected;
  is_our_cluster_ = false;
  tell_subscribers(caf::make_message(store_session_changed{event}), true);
  if (connected_) start_over();
}

void metadata_actor::start_over() {
  changes_dirty_ = brokers_dirty_ = controller_dirty_ = true;
  ensure_cluster();
}

void metadata_actor::ensure_cluster() {
  setup_.store->read({metadata_path::cluster},
                     [this](outcome<std::vector<stored_node>> nodes) { cluster_read(nodes); });
}

void metadata_actor::cluster_read(const outcome<std::vector<stored_node>>& nodes) {
  if (!nodes) return fail(nodes.error());
  if (const auto& node = nodes->front(); node.exists()) {
    auto record = decode_node<cluster_record>(node);
    if (!record) return fail(record.error());
    if (cluster_ && cluster_->cluster_id != record->cluster_id) return fail(other_cluster());
    cluster_ = *record;
    is_our_cluster_ = true;
    refresh();
    if (registration_) enter_again();
    return;
  }
  if (cluster_) return fail(other_cluster());
  // Whoever is first makes the cluster; the others find it. A lost answer is settled by reading.
  setup_.store->commit(first_nodes(setup_.new_cluster), [this](const commit_result& result) {
    if (result.what == commit_result::status::refused) {
      return fail({error_code::kafka_storage_error, result.message});
    }
    setup_.store->sync([this](const outcome<void>&) { ensure_cluster(); });
  });
}

// An empty store would say that all topics are gone.
fault metadata_actor::other_cluster() const {
  return {error_code::inconsistent_cluster_id,
          fmt::format("the metadata store no longer holds cluster {}", cluster_->cluster_id)};
}

caf::result<register_broker_result> metadata_actor::enter(const register_broker& message) {
  registration_ = message.registration;
  previous_incarnation_ = message.previous_incarnation;
  answer_entry({error_code::duplicate_broker_registration, "registered anew"});
  entry_promise_ = make_response_promise<register_broker_result>();
  if (is_our_cluster_) enter_again();
  return *entry_promise_;
}

void metadata_actor::enter_again() {
  // How the run before this one ended is judged once: this run has lost nothing since.
  if (is_judged()) registration_->stopped = last_stop::clean;
  setup_.store->commit({{.what = kind::create_ephemeral,
                         .path = metadata_path::broker(registration_->id),
                         .value = encode_record(*registration_)}},
                       [this](const commit_result& result) { entered(result); });
}

// Whether the controller has acted on the last registration.
bool metadata_actor::is_judged() const {
  if (!image_ || epoch_ == no_broker_epoch) return false;
  const auto* state = image_->broker_states().find(registration_->id);
  return state != nullptr && state->epoch == epoch_;
}

void metadata_actor::entered(const commit_result& result) {
  if (result.committed()) {
    answer_entry({.epoch = result.id});
    // After an outage that the session survived it is the same registration.
    if (std::exchange(epoch_, result.id) == result.id) return;
    tell_subscribers(caf::make_message(broker_registered{result.id}), true);
  } else if (!connected_) {
    return;  // The next connection brings us here again.
  } else if (result.what == commit_result::status::refused) {
    answer_entry({error_code::kafka_storage_error, result.message});
  } else {
    setup_.store->sync([this](const outcome<void>& synced) {
      if (synced) look_for_own_entry();
    });
  }
}

void metadata_actor::look_for_own_entry() {
  setup_.store->read(
      {metadata_path::broker(registration_->id)}, [this](outcome<std::vector<stored_node>> nodes) {
        if (!nodes && nodes.error().code == error_code::broker_not_available) return;
        if (!nodes) return answer_entry({nodes.error().code, nodes.error().message});
        const auto& node = nodes->front();
        if (!node.exists()) return enter_again();
        auto record = decode_node<broker_registration>(node);
        if (record && record->incarnation == registration_->incarnation) {
          return entered({.what = commit_result::status::committed, .id = node.created});
        }
        if (record && record->incarnation == previous_incarnation_) return take_over(node);
        answer_entry({error_code::duplicate_broker_registration,
                      fmt::format("another broker with id {} is registered", registration_->id)});
      });
}

/// The entry of the run before this one, which was killed: its session need not end first.
void metadata_actor::take_over(const stored_node& old) {
  setup_.store->commit(
      {{.what = kind::remove, .path = old.path, .version = old.version},
       {.what = kind::create_ephemeral, .path = old.path, .value = encode_record(*registration_)}},
      [this](const commit_result& result) { entered(result); });
}

void metadata_actor::answer_entry(register_broker_result result) {
  if (!entry_promise_) return;
  entry_promise_->deliver(std::move(result));
  entry_promise_.reset();
}

void metadata_actor::node_changed(const std::string& path) {
  if (path == metadata_path::changes) changes_dirty_ = true;
  if (path == metadata_path::brokers) brokers_dirty_ = true;
  if (path == metadata_path::controller) controller_dirty_ = true;
  refresh();
}

// One refresh at a time, until nothing is dirty. Watches are set before reading, so a change in
// between is seen either way.
void metadata_actor::refresh() {
  if (refreshing_ || !is_our_cluster_) return;
  if (!changes_dirty_ && !brokers_dirty_ && !controller_dirty_) return;
  refreshing_ = true;
  next_ = image_ ? std::make_unique<image_builder>(*image_)
                 : std::make_unique<image_builder>(*cluster_);
  next_sequence_ = image_ ? image_->sequence() : -1;
  read_brokers();
}

void metadata_actor::read_brokers() {
  if (!std::exchange(brokers_dirty_, false)) return read_controller();
  setup_.store->watch_children(metadata_path::brokers);
  setup_.store->list(metadata_path::brokers, [this](outcome<std::vector<std::string>> names) {
    if (!names) return fail(names.error());
    std::vector<std::string> paths;
    for (const auto& name : *names) paths.push_back(metadata_path::brokers + ("/" + name));
    setup_.store->read(std::move(paths), [this](outcome<std::vector<stored_node>> nodes) {
      if (!nodes) return fail(nodes.error());
      std::vector<std::pair<broker_registration, broker_epoch>> brokers;
      for (const auto& node : *nodes) {
        if (!node.exists()) continue;  // Gone since it was listed: the watch tells.
        auto record = decode_node<broker_registration>(node);
        if (!record) return fail(record.error());
        brokers.emplace_back(std::move(*record), node.created);
      }
      next_->set_brokers(std::move(brokers));
      read_controller();
    });
  });
}

void metadata_actor::read_controller() {
  if (!std::exchange(controller_dirty_, false)) return read_changes();
  setup_.store->watch(metadata_path::controller);
  setup_.store->read({metadata_path::controller}, [this](outcome<std::vector<stored_node>> nodes) {
    if (!nodes) return fail(nodes.error());
    auto id = no_broker;
    if (const auto& node = nodes->front(); node.exists()) {
      auto record = decode_node<controller_record>(node);
      if (!record) return fail(record.error());
      id = record->id;
    }
    next_->set_controller(id);
    read_changes();
  });
}

void metadata_actor::read_changes() {
  if (!std::exchange(changes_dirty_, false)) return finish_refresh();
  setup_.store->watch(metadata_path::changes);
  setup_.store->read({metadata_path::changes}, [this](outcome<std::vector<stored_node>> nodes) {
    if (!nodes) return fail(nodes.error());
    auto log = decode_node<change_log>(nodes->front());
    if (!log) return fail(log.error());
    read_changed_nodes(*log);
  });
}

void metadata_actor::read_changed_nodes(const change_log& log) {
  auto listed = next_sequence_ < 0 ? std::nullopt : log.since(next_sequence_);
  auto wanted = listed ? std::move(*listed) : everything(*cluster_);
  std::erase_if(wanted,
                [](const auto& c) { return c.node.what == metadata_node::kind::producer_ids; });
  std::vector<std::string> paths;
  for (const auto& change : wanted) paths.push_back(metadata_path::of(change.node));
  paths.emplace_back(metadata_path::changes);
  setup_.store->read(std::move(paths), [this, wanted = std::move(wanted), sequence = log.sequence](
                                           outcome<std::vector<stored_node>> nodes) {
    if (!nodes) return fail(nodes.error());
    changed_nodes_read(wanted, std::move(*nodes), sequence);
  });
}

void metadata_actor::changed_nodes_read(const std::vector<metadata_change>& wanted,
                                        std::vector<stored_node> nodes, int64_t sequence) {
  auto after = decode_node<change_log>(nodes.back());
  if (!after) return fail(after.error());
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (nodes[i].version < wanted[i].version) {
      // A stale server: what the ring lists has to be there after a sync.
      setup_.store->sync([this](const outcome<void>&) {
        changes_dirty_ = true;
        read_changes();
      });
      return;
    }
    if (auto taken = next_->set(wanted[i].node, nodes[i]); !taken) return fail(taken.error());
  }
  next_sequence_ = sequence;
  next_->set_sequence(sequence);
  // Commits that came while reading: some of their nodes may be in what was read, so the image is
  // whole only with all of them.
  if (after->sequence != sequence) return read_changed_nodes(*after);
  finish_refresh();
}

void metadata_actor::finish_refresh() {
  refreshing_ = false;
  publish();
  refresh();
}

void metadata_actor::publish() {
  auto update = next_->build();
  next_.reset();
  auto before = std::exchange(image_, update.image);
  apply_configs(*image_);
  setup_.cache->set(image_);
  tell_subscribers(caf::make_message(image_changed{std::move(before), image_,
                                                   std::make_shared<const std::vector<uuid>>(
                                                       std::move(update.changed_topics))}),
                   false);
}

void metadata_actor::apply_configs(const metadata_image& image) {
  if (setup_.config == nullptr) return;
  auto type = static_cast<int8_t>(config_resource::broker);
  const auto& all = image.configs(type, "");
  const auto& own = image.configs(type, std::to_string(setup_.id));
  const auto& now = setup_.config->get()->layers;
  if (now.dynamic_default == all && now.dynamic_broker == own) return;
  setup_.config->set(with_dynamic_configs(*static_config_, all, own).config);
}

void metadata_actor::fail(const fault& why) {
  refreshing_ = false;
  // Without a session the next `connected` reads everything again. It may be here already.
  if (!connected_) return;
  if (why.code == error_code::broker_not_available) return start_over();
  if (setup_.on_fatal) setup_.on_fatal(why);
}

caf::result<commit_result> metadata_actor::write(const commit_steps& message) {
  auto call = ++last_call_;
  auto promise = make_response_promise<commit_result>();
  commits_.emplace(call, promise);
  setup_.store->commit(message.steps, [this, call](commit_result result) {
    if (auto waiting = commits_.extract(call)) waiting.mapped().deliver(std::move(result));
  });
  return promise;
}

caf::result<read_nodes_result> metadata_actor::read(const read_nodes& message) {
  auto call = ++last_call_;
  auto promise = make_response_promise<read_nodes_result>();
  reads_.emplace(call, promise);
  auto answer = [this, call](outcome<std::vector<stored_node>> nodes) {
    auto waiting = reads_.extract(call);
    if (!waiting) return;
    waiting.mapped().deliver(
        nodes ? read_nodes_result{.nodes = std::move(*nodes)}
              : read_nodes_result{nodes.error().code, nodes.error().message, {}});
  };
  setup_.store->sync([this, paths = message.paths, answer](const outcome<void>& synced) {
    if (!synced) return answer(synced.error());
    setup_.store->read(paths, answer);
  });
  return promise;
}

}  // namespace ottla
