#include "protocol/messages/api_versions.hpp"

#include "protocol/messages/codec.hpp"

namespace ottla {

template <class Codec>
void fields(Codec& c, api_versions_request& m) {
  c.field("client_software_name", m.client_software_name, since(3));
  c.field("client_software_version", m.client_software_version, since(3));
}

template <class Codec>
void fields(Codec& c, api_versions_response::api_version& m) {
  c.field("api_key", m.api_key);
  c.field("min_version", m.min_version);
  c.field("max_version", m.max_version);
}

template <class Codec>
void fields(Codec& c, api_versions_response::supported_feature_key& m) {
  c.field("name", m.name);
  c.field("min_version", m.min_version);
  c.field("max_version", m.max_version);
}

template <class Codec>
void fields(Codec& c, api_versions_response::finalized_feature_key& m) {
  c.field("name", m.name);
  c.field("max_version_level", m.max_version_level);
  c.field("min_version_level", m.min_version_level);
}

template <class Codec>
void fields(Codec& c, api_versions_response& m) {
  c.field("error_code", m.error_code);
  c.field("api_keys", m.api_keys);
  c.field("throttle_time_ms", m.throttle_time_ms, since(1));
}

template <class Codec>
void tagged_fields(Codec& c, api_versions_response& m) {
  c.tagged(0, "supported_features", m.supported_features, since(3));
  c.tagged(1, "finalized_features_epoch", m.finalized_features_epoch, since(3), int64_t{-1});
  c.tagged(2, "finalized_features", m.finalized_features, since(3));
  c.tagged(3, "zk_migration_ready", m.zk_migration_ready, since(3));
}

OTTLA_MESSAGE(api_versions_request);
OTTLA_MESSAGE(api_versions_response);

}  // namespace ottla
