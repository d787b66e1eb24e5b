#include "actors/broker/make_metadata_store.hpp"

#include "storage/log_files.hpp"
#include "storage/metadata/sqlite_metadata_store.hpp"
#include "storage/metadata/zookeeper_metadata_store.hpp"

namespace ottla {
namespace {

outcome<zookeeper_options> zookeeper_options_of(const broker_config& config) {
  auto address = parse_zookeeper_connect(config.zookeeper_connect);
  if (!address) return address.error();
  zookeeper_options options{.address = std::move(*address),
                            .session_timeout_ms = config.zookeeper_session_timeout_ms,
                            .connection_timeout_ms = config.zookeeper_connection_timeout_ms,
                            .creator_only = config.zookeeper_set_acl};
  if (!config.zookeeper_digest_user.empty()) {
    options.digest = config.zookeeper_digest_user + ":" + config.zookeeper_digest_password;
  }
  return options;
}

}  // namespace

std::string embedded_store_path(const broker_config& config) {
  return join_path(config.metadata_dir, embedded_store_file);
}

outcome<std::unique_ptr<metadata_store>> make_metadata_store(const broker_config& config,
                                                             store_executor executor) {
  if (config.zookeeper_connect.empty()) {
    return open_sqlite_metadata_store(embedded_store_path(config), std::move(executor));
  }
  auto options = zookeeper_options_of(config);
  if (!options) return options.error();
  return open_zookeeper_metadata_store(std::move(*options), std::move(executor));
}

}  // namespace ottla
