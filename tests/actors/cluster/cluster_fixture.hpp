// One or more brokers' metadata and controller actors over one store in memory, without threads.
#pragma once

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "actors/cluster/controller_actor.hpp"
#include "actors/cluster/metadata_actor.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/memory_metadata_store.hpp"

namespace ottla {

inline int32_t controller_epoch(const memory_ensemble& ensemble) {
  auto record = decode_record<controller_epoch_record>(
      ensemble.nodes.at(metadata_path::controller_epoch).value.view());
  return record ? record->epoch : -1;
}

class cluster_fixture : public actor_fixture {
protected:
  /// An actor made of a lambda: caf's own kind trips over the library's assertions.
  class acting final : public caf::event_based_actor {
  public:
    using maker = std::function<caf::behavior(caf::event_based_actor&)>;
    acting(caf::actor_config& config, maker make)
        : caf::event_based_actor(config), make_(std::move(make)) {}
    caf::behavior make_behavior() override { return make_(*this); }

  private:
    maker make_;
  };

public:
  /// The actors of one run of a broker, and what stands for the rest of it: it says that images are
  /// applied, that it is ready, and that deleted data is gone.
  struct running_broker {
    broker_id id = 1;
    metadata_cache cache;
    std::unique_ptr<config_cell> config;
    memory_metadata_store* store = nullptr;
    metadata_handle metadata;
    controller_handle controller;
    caf::actor rest;
    broker_epoch epoch = no_broker_epoch;
    bool applies = true;          ///< Says image_applied.
    bool removes_deleted = true;  ///< Says local_data_removed.
    std::vector<image_ptr> images;
    std::vector<fault> fatal;
  };

  ~cluster_fixture() override {
    for (auto& one : nodes_) stop(*one);
  }

  /// Starts a broker and lets everything settle.
  running_broker& start(last_stop stopped = last_stop::clean, broker_id id = 1) {
    auto& one = *nodes_.emplace_back(std::make_unique<running_broker>());
    one.id = id;
    one.config = std::make_unique<config_cell>(make_broker_config({}, "localhost")->config);
    auto mailbox = std::make_shared<store_mailbox>();
    auto store = ensemble.connect(store_mailbox::executor(mailbox));
    one.store = store.get();
    metadata_setup setup{.store = std::move(store),
                         .mailbox = mailbox,
                         .new_cluster = {.cluster_id = "the-cluster", .bucket_count = 16},
                         .cache = &one.cache,
                         .config = one.config.get(),
                         .id = id,
                         .on_fatal = [&one](const fault& why) { one.fatal.push_back(why); }};
    one.metadata = spawn_blocking<metadata_actor>(system(), home(), std::move(setup));
    one.controller = spawn_on<controller_actor>(
        system(), home(),
        controller_setup{.id = id, .metadata = one.metadata, .config = one.config.get()});
    one.rest = system().spawn<acting>([this, &one](caf::event_based_actor&) {
      return caf::behavior{[this, &one](const image_changed& m) { image_came(one, m.after); },
                           [](const store_session_changed&) {},
                           [&one](const broker_registered& m) { one.epoch = m.epoch; }};
    });
    subscribe(one, caf::actor_cast<caf::weak_actor_ptr>(one.rest));
    subscribe(one, caf::actor_cast<caf::weak_actor_ptr>(one.controller));
    broker_registration registration{.id = id,
                                     .incarnation = home().random().id(),
                                     .stopped = stopped,
                                     .endpoints = {{"PLAINTEXT", 0, "localhost", 9092}}};
    caf::anon_send(one.metadata, register_broker{registration});
    settle();
    return one;
  }

  /// Ends a broker without a word, as a kill does.
  void stop(running_broker& one) {
    if (!one.metadata) return;
    caf::anon_send_exit(one.rest, caf::exit_reason::kill);
    caf::anon_send_exit(one.controller, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(one.metadata, caf::exit_reason::user_shutdown);
    one.rest = nullptr;
    one.controller = nullptr;
    one.metadata = nullptr;
    settle();
  }

  /// Sends a request and keeps its answer; settle() is up to the caller.
  template <class Response>
  struct pending_answer {
    std::optional<Response> response;
    std::optional<error_code> failed;
  };
  template <class Response, class Message>
  std::shared_ptr<pending_answer<Response>> ask_later(running_broker& one, Message message) {
    auto out = std::make_shared<pending_answer<Response>>();
    auto asking = system().spawn<acting>([out, message, &one](caf::event_based_actor& self) {
      return caf::behavior{[out, message, &one, &self](caf::unit_t) {
        self.request(one.controller, caf::infinite, message)
            .then([out](const Response& response) { out->response = response; },
                  [out](const caf::error& why) { out->failed = controller_error_code(why); });
      }};
    });
    caf::anon_send(asking, caf::unit);
    return out;
  }
  template <class Response, class Message>
  Response ask(running_broker& one, Message message) {
    auto out = ask_later<Response>(one, std::move(message));
    settle();
    if (!out->response) throw std::runtime_error("no answer");
    return *out->response;
  }

  error_code create(running_broker& one, const std::string& name, int32_t partitions = 1) {
    create_topics_request request;
    request.topics.push_back({.name = name, .num_partitions = partitions, .replication_factor = 1});
    return ask<create_topics_response>(one, create_topics_command{request, {}})
        .topics.front()
        .error_code;
  }

  memory_ensemble ensemble;

private:
  void subscribe(running_broker& one, caf::weak_actor_ptr who) {
    caf::anon_send(one.metadata, subscribe_images{std::move(who), true});
  }

  void image_came(running_broker& one, const image_ptr& image) {
    one.images.push_back(image);
    if (one.applies) caf::anon_send(one.controller, image_applied{image->sequence()});
    const auto* self = image->find_broker(one.id);
    auto states = image->broker_states().brokers;
    auto judged = std::ranges::find(states, one.id, &broker_state_record::id);
    if (self != nullptr && judged != states.end() && judged->epoch == self->epoch &&
        judged->status == broker_status::fenced) {
      for (auto& other : nodes_) {
        if (other->id != image->controller() || !other->controller) continue;
        caf::anon_send(other->controller, broker_ready{one.id, self->epoch});
      }
    }
    local_data_removed removed{one.id, {}};
    image->for_each_deleted([&](const auto& topic) { removed.topic_ids.push_back(topic.id); });
    if (one.removes_deleted && !removed.topic_ids.empty()) {
      caf::anon_send(one.controller, removed);
    }
  }

  std::vector<std::unique_ptr<running_broker>> nodes_;
};

}  // namespace ottla
