#include "actors/cluster/new_cluster.hpp"

#include "storage/metadata/change_log.hpp"

namespace ottla {
namespace {

store_write create(std::string path, shared_bytes value) {
  return {.what = store_write::kind::create, .path = std::move(path), .value = std::move(value)};
}

}  // namespace

std::vector<store_write> first_nodes(const cluster_record& cluster) {
  return {create(metadata_path::cluster, encode_record(cluster)),
          create(metadata_path::controller_epoch, encode_record(controller_epoch_record{})),
          create(metadata_path::changes, encode_record(change_log{})),
          create(metadata_path::of({metadata_node::kind::producer_ids}),
                 encode_record(producer_ids_record{}))};
}

}  // namespace ottla
