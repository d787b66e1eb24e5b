#include "storage/metadata/zookeeper_root.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <future>

namespace ottla {
namespace {

using names = std::vector<std::string>;

std::string display(const std::string& chroot) {
  return chroot.empty() ? "/" : chroot;
}

std::pair<int, stored_node> get(zookeeper_handle& handle, const std::string& path) {
  std::promise<std::pair<int, stored_node>> answer;
  handle.get(path, [&](int code, stored_node node) { answer.set_value({code, std::move(node)}); });
  return answer.get_future().get();
}

std::pair<int, names> children(zookeeper_handle& handle, const std::string& path) {
  std::promise<std::pair<int, names>> answer;
  handle.children(path, false,
                  [&](int code, names found) { answer.set_value({code, std::move(found)}); });
  return answer.get_future().get();
}

int create(zookeeper_handle& handle, const std::string& path, std::string_view value,
           const ACL_vector& acl) {
  std::promise<int> answer;
  handle.create(path, value, acl, [&](int code) { answer.set_value(code); });
  auto code = answer.get_future().get();
  return code == ZNODEEXISTS ? ZOK : code;
}

outcome<void> check_root(const std::string& root, const stored_node& node) {
  constexpr std::string_view begin = zookeeper_root_text;
  auto text = as_text(node.value.view());
  if (!text.starts_with(begin)) {
    return {{error_code::kafka_storage_error,
             fmt::format("ZooKeeper: {} is not Ottla's: choose another chroot", root)}};
  }
  text.remove_prefix(begin.size());
  int format = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), format);
  if (error != std::errc{} || end != text.data() + text.size() || format < 1) {
    return {{error_code::corrupt_message,
             fmt::format("ZooKeeper: {} names no format: '{}'", root, text)}};
  }
  if (format > zookeeper_format) {
    return {{error_code::unsupported_version,
             fmt::format("ZooKeeper: the data below {} has format {}, written by a newer version; "
                         "this one reads up to {}",
                         root, format, zookeeper_format)}};
  }
  return {};
}

// Kafka's brokers make these before anything else.
bool looks_like_kafka(zookeeper_handle& handle, const std::string& chroot) {
  for (const char* path : {"/brokers/ids", "/cluster/id", "/controller_epoch"}) {
    if (get(handle, chroot + path).first == ZOK) return true;
  }
  return false;
}

outcome<void> refuse_other_systems(zookeeper_handle& handle, const std::string& chroot) {
  auto [code, found] = children(handle, display(chroot));
  if (code != ZOK) return {zookeeper_fault(code, display(chroot))};
  // ZooKeeper's own; and another broker may just have made ours.
  std::erase_if(found, [&](const auto& name) {
    return (chroot.empty() && name == "zookeeper") || '/' + name == zookeeper_root_name;
  });
  if (found.empty()) return {};
  std::ranges::sort(found);
  constexpr size_t shown_max = 8;
  auto all = found.size();
  found.resize(std::min(all, shown_max));
  return {
      {error_code::kafka_storage_error,
       fmt::format("ZooKeeper: {} holds the data of {} ({}{}); choose a chroot of its own for "
                   "this cluster, as in zookeeper.connect=host:2181/my-cluster",
                   display(chroot),
                   looks_like_kafka(handle, chroot) ? "an Apache Kafka cluster" : "another system",
                   fmt::join(found, ", "), all > shown_max ? ", ..." : "")}};
}

// Nodes above the chroot are shared with others, so they stay open to everybody.
outcome<void> create_chroot(zookeeper_handle& handle, const std::string& chroot,
                            const ACL_vector& acl) {
  for (size_t end = chroot.find('/', 1); !chroot.empty(); end = chroot.find('/', end + 1)) {
    auto path = chroot.substr(0, end);
    bool is_last = end == std::string::npos;
    if (auto code = get(handle, path).first; code != ZNONODE && code != ZNOAUTH) {
      if (code != ZOK) return {zookeeper_fault(code, path)};
    } else if (code = create(handle, path, "", is_last ? acl : ZOO_OPEN_ACL_UNSAFE); code != ZOK) {
      return {zookeeper_fault(code, path)};
    }
    if (is_last) break;
  }
  return {};
}

}  // namespace

outcome<void> prepare_zookeeper_root(zookeeper_handle& handle, const std::string& chroot,
                                     const ACL_vector& acl) {
  OTTLA_TRY(create_chroot(handle, chroot, acl));
  auto root = chroot + zookeeper_root_name;
  auto [code, node] = get(handle, root);
  if (code == ZNONODE) {
    OTTLA_TRY(refuse_other_systems(handle, chroot));
    code = create(handle, root, fmt::format("{}{}", zookeeper_root_text, zookeeper_format), acl);
    if (code == ZOK) std::tie(code, node) = get(handle, root);
  }
  if (code == ZNOAUTH) {
    return {{error_code::cluster_authorization_failed,
             fmt::format("ZooKeeper: {} belongs to another user; check "
                         "ottla.zookeeper.digest.user and its password",
                         root)}};
  }
  if (code != ZOK) return {zookeeper_fault(code, root)};
  OTTLA_TRY(check_root(root, node));
  auto witness = root + zookeeper_witness_name;
  if (code = create(handle, witness, "", acl); code != ZOK) {
    return {zookeeper_fault(code, witness)};
  }
  return {};
}

}  // namespace ottla
