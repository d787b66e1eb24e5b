// Records as they come from a store.
#pragma once

#include "storage/metadata/cluster_records.hpp"
#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// The record in a node that exists. A fault names the node.
template <class Record>
outcome<Record> decode_node(const stored_node& node) {
  auto record = decode_record<Record>(node.value.view());
  if (record) return record;
  return fault{record.error().code, node.path + ": " + record.error().message};
}

/// The same where a node that is not there says as much as an empty record.
template <class Record>
outcome<Record> decode_node_or_empty(const stored_node& node) {
  return node.exists() ? decode_node<Record>(node) : Record{};
}

}  // namespace ottla
