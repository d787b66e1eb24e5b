// Whether records of a topic may be deleted by offset: one rule for Kafka's request and for HTTP.
#pragma once

#include "actors/cluster/metadata_image.hpp"
#include "actors/config/topic_config.hpp"

namespace ottla {

/// Records of a topic that is only compacted, or that coordinators own, are not deleted by offset.
inline error_code record_deletion_problem(const broker_config& config, const topic_image& topic) {
  if (topic.is_internal()) return error_code::invalid_topic_exception;
  if (!make_topic_config(config, topic.configs()).cleanup_delete) {
    return error_code::policy_violation;
  }
  return error_code::none;
}

}  // namespace ottla
