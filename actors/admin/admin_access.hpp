// What the parts of admin_actor say alike. Inside actors/admin only.
#pragma once

#include "actors/admin/admin_actor.hpp"

namespace ottla {

/// With what the broker said, or else what the error means.
inline fault fault_of(error_code error, const std::string& message = {}) {
  return {error, message.empty() ? std::string{error_text(error)} : message, 0};
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
