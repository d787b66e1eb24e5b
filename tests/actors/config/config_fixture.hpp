// Short ways to make broker configurations in tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actors/config/broker_config.hpp"
#include "tests/support/catch.hpp"

namespace ottla {

using key_values = std::vector<std::pair<std::string, std::string>>;

inline config_layers static_layers(const key_values& settings) {
  config_layers layers;
  for (const auto& [key, value] : settings) layers.statics[key] = {value, "test"};
  return layers;
}

/// A broker with these static values; they must be valid.
inline broker_config broker_with(const key_values& settings) {
  auto loaded = make_broker_config(static_layers(settings), "host.test");
  if (!loaded) FAIL(loaded.error().message);
  return loaded->config;
}

/// What a start with these values says; empty if it succeeds.
inline std::string problem_with(const key_values& settings) {
  auto loaded = make_broker_config(static_layers(settings), "host.test");
  return loaded ? std::string() : loaded.error().message;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace ottla
