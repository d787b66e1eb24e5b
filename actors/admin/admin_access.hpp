// What the parts of admin_actor say alike. Inside actors/admin only.
#pragma once

#include "actors/admin/admin_actor.hpp"
#include "actors/group/java_string.hpp"

namespace ottla {

/// With what the broker said, or else what the error means.
inline fault fault_of(error_code error, const std::string& message = {}) {
  return {error, message.empty() ? std::string{error_text(error)} : message, 0};
}

/// Why a group does not answer here.
inline fault group_fault(const metadata_image& image, const std::string& name, error_code error) {
  auto topic = image.find_topic(offsets_topic);
  if (!topic || error == error_code::group_id_not_found) {
    return {error_code::group_id_not_found, "there is no group '" + name + "'", 0};
  }
  if (error != error_code::not_coordinator) return fault_of(error);
  const auto partition = coordinator_partition(name, topic->partition_count());
  const auto leader = topic->partition(partition).leader.id;
  return {error,
          leader == no_broker ? "no broker coordinates it at the moment"
                              : "broker " + std::to_string(leader) + " coordinates it",
          0};
}

inline void add_leader(std::set<broker_id>& leaders, const partition_record& record) {
  if (record.leader.id != no_broker) leaders.insert(record.leader.id);
}

inline std::vector<std::string> names_of(const std::vector<group_row>& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.group);
  return names;
}

template <class T>
image_ptr admin_actor::image_for(const admin_reply<T>& reply) const {
  auto image = services_.metadata->get();
  if (!image) reply(fault{error_code::broker_not_available, "the broker is starting", 0});
  return image;
}

template <class T>
topic_ptr admin_actor::topic_for(const std::string& name, const admin_reply<T>& reply) const {
  auto image = image_for(reply);
  if (!image) return nullptr;
  auto topic = image->find_topic(name);
  if (!topic) {
    reply(fault{error_code::unknown_topic_or_partition, "there is no topic '" + name + "'", 0});
  }
  return topic;
}

}  // namespace ottla
