// What the metadata image alone says of the cluster, for the admin interface. Plain functions.
#pragma once

#include "actors/cluster/metadata_image.hpp"
#include "actors/config/broker_config.hpp"
#include "admin-ui/server/admin_backend.hpp"

namespace ottla {

/// How one partition does.
struct partition_health {
  bool is_offline = false;
  bool is_under_replicated = false;
  bool is_under_min_isr = false;
  bool is_recovering = false;
};
partition_health health_of(const partition_record& record, int32_t min_insync_replicas);

/// Of a topic with these configs of its own.
int32_t min_insync_replicas_of(const topic_image& topic, const broker_config& config);

cluster_view view_cluster(const metadata_image& image, const broker_config& config,
                          timestamp_ms now);
brokers_view view_brokers(const metadata_image& image, broker_id self);
topic_view view_topic(const topic_image& topic, const broker_config& config);
topic_row row_of(const topic_image& topic);
/// Whether `name` holds `part`, whatever the case of ASCII letters.
bool contains_ignoring_case(std::string_view name, std::string_view part);

/// A row's place in the order of a page.
using page_key = page_request::position;

/// Puts the keys of all rows in the page's order and keeps the page; sets where the next one
/// begins, if there is one.
std::vector<page_key> cut_page(std::vector<page_key> keys, const page_request& page,
                               std::optional<page_key>& next);

}  // namespace ottla
