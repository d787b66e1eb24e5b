// The nodes of a cluster for tests without a store: takes planned commits, gives images.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "actors/cluster/change_context.hpp"
#include "actors/cluster/image_builder.hpp"
#include "actors/cluster/metadata_draft.hpp"

namespace ottla {

class stored_cluster {
public:
  explicit stored_cluster(int32_t bucket_count = 8)
      : cluster_{.cluster_id = "test-cluster", .bucket_count = bucket_count} {
    image_ = from_scratch();
  }

  /// A registered broker; it is active once its state says so.
  void add_broker(broker_id id, broker_epoch epoch, broker_status status = broker_status::active,
                  std::optional<std::string> rack = std::nullopt) {
    std::erase_if(brokers_, [&](const auto& b) { return b.first.id == id; });
    brokers_.push_back({{.id = id,
                         .endpoints = {{"PLAINTEXT", 0, "host" + std::to_string(id), 9092}},
                         .rack = std::move(rack)},
                        epoch});
    auto states = image_->broker_states();
    std::erase_if(states.brokers, [&](const auto& s) { return s.id == id; });
    states.brokers.push_back({id, epoch, status});
    std::ranges::sort(states.brokers, {}, &broker_state_record::id);
    write({{{metadata_node::kind::broker_states, 0}, encode_record(states)}});
  }

  /// Stores one commit and takes it into the image.
  image_update write(const planned_commit& commit) {
    image_builder builder(*image_);
    for (const auto& one : commit) {
      auto& node = nodes_[one.node];
      node = {.path = metadata_path::of(one.node), .value = one.value, .version = node.version + 1};
      if (!builder.set(one.node, node)) std::abort();
    }
    builder.set_sequence(image_->sequence() + 1);
    builder.set_brokers(brokers_);
    auto update = builder.build();
    image_ = update.image;
    return update;
  }
  void write_all(const metadata_draft& draft) {
    for (const auto& commit : draft.plan()) write(commit);
  }

  [[nodiscard]] const image_ptr& image() const { return image_; }
  /// The image that a broker makes which has seen nothing before.
  [[nodiscard]] image_ptr from_scratch() const {
    image_builder builder(cluster_);
    for (const auto& [which, node] : nodes_) {
      if (!builder.set(which, node)) std::abort();
    }
    builder.set_brokers(brokers_);
    builder.set_sequence(image_ ? image_->sequence() : 0);
    return builder.build().image;
  }

private:
  cluster_record cluster_;
  std::vector<std::pair<broker_registration, broker_epoch>> brokers_;
  std::map<metadata_node, stored_node> nodes_;
  image_ptr image_;
};

}  // namespace ottla
