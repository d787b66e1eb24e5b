// The ApiVersions API (key 18), versions 0 to 4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct api_versions_response;

struct api_versions_request {
  static constexpr api_key api = api_key::api_versions;
  using response = api_versions_response;

  std::string client_software_name;
  std::string client_software_version;

  bool operator==(const api_versions_request&) const = default;
};

struct api_versions_response {
  static constexpr api_key api = api_key::api_versions;

  struct api_version {
    int16_t api_key = 0;
    /// Minimum supported version, inclusive.
    int16_t min_version = 0;
    /// Maximum supported version, inclusive.
    int16_t max_version = 0;

    bool operator==(const api_version&) const = default;
  };

  struct supported_feature_key {
    std::string name;
    /// Minimum supported version for the feature.
    int16_t min_version = 0;
    /// Maximum supported version for the feature.
    int16_t max_version = 0;

    bool operator==(const supported_feature_key&) const = default;
  };

  struct finalized_feature_key {
    std::string name;
    /// Cluster-wide finalized max version level for the feature.
    int16_t max_version_level = 0;
    /// Cluster-wide finalized min version level for the feature.
    int16_t min_version_level = 0;

    bool operator==(const finalized_feature_key&) const = default;
  };

  ottla::error_code error_code = ottla::error_code::none;
  std::vector<api_version> api_keys;
  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  /// Features supported by the broker. Note: in v0-v3, features with MinSupportedVersion = 0 are
  /// omitted.
  std::vector<supported_feature_key> supported_features;
  /// Monotonically increasing epoch for the finalized features information. Valid values are >= 0.
  /// A value of -1 is special and represents unknown epoch.
  int64_t finalized_features_epoch = -1;
  /// List of cluster-wide finalized features. The information is valid only if
  /// FinalizedFeaturesEpoch >= 0.
  std::vector<finalized_feature_key> finalized_features;
  /// Set by a KRaft controller if the required configurations for ZK migration are present.
  bool zk_migration_ready = false;

  bool operator==(const api_versions_response&) const = default;
};

}  // namespace ottla
