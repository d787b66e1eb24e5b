// What a new cluster begins with in its store.
#pragma once

#include <vector>

#include "storage/metadata/cluster_records.hpp"
#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// Buckets of a cluster of several brokers, and of one on the embedded store.
inline constexpr int32_t cluster_bucket_count = 1024;
inline constexpr int32_t embedded_bucket_count = 256;

/// One commit: whoever is first makes the cluster, the others find it.
std::vector<store_write> first_nodes(const cluster_record& cluster);

}  // namespace ottla
