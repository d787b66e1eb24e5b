// Gathers the static values of a start: the file, then the environment, then --override.
#include <fmt/format.h>

#include <cctype>
#include <cstring>
#include <fstream>
#include <iterator>

#include "actors/config/broker_config.hpp"
#include "actors/config/properties_file.hpp"

namespace ottla {
namespace {

/// More is not a configuration file; guards against reading a device or a log by mistake.
constexpr size_t file_bytes_max = 4u << 20;
constexpr std::string_view environment_prefix = "OTTLA_";

using setting_map = decltype(config_layers::statics);

fault invalid(std::string message, int os_errno = 0) {
  return {error_code::invalid_config, std::move(message), os_errno};
}

outcome<std::string> read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return invalid(
        fmt::format("cannot read the configuration file {}: it is a directory", path.string()));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    std::istreambuf_iterator<char> at(file);
    for (; at != std::istreambuf_iterator<char>() && text.size() <= file_bytes_max; ++at) {
      text += *at;
    }
  }
  int why = errno;
  if (!file.is_open() || file.bad()) {
    return invalid(
        fmt::format("cannot read the configuration file {}: {}", path.string(), std::strerror(why)),
        why);
  }
  if (text.size() > file_bytes_max) {
    return invalid(fmt::format("{} is larger than {} bytes: not a configuration file",
                               path.string(), file_bytes_max));
  }
  return text;
}

outcome<void> add_file(const std::filesystem::path& path, setting_map& settings,
                       std::vector<std::string>& warnings) {
  auto text = read_file(path);
  if (!text) return text.error();
  auto entries = parse_properties(*text);
  if (!entries) {
    return invalid(fmt::format("{}: {}", path.string(), entries.error().message));
  }
  for (auto& entry : *entries) {
    static_setting setting{.value = std::move(entry.value),
                           .origin = fmt::format("{}:{}", path.string(), entry.line)};
    auto [at, is_new] = settings.try_emplace(entry.key, setting);
    if (is_new) continue;
    warnings.push_back(fmt::format("{} is set twice; the value at {} counts, not the one at {}",
                                   entry.key, setting.origin, at->second.origin));
    at->second = std::move(setting);
  }
  return {};
}

/// "log.dirs" -> "OTTLA_LOG_DIRS", "ottla.io.threads" -> "OTTLA_IO_THREADS".
std::string environment_name(std::string_view key) {
  std::string name(key.starts_with("ottla.") ? "" : environment_prefix);
  for (char c : key) {
    if (c == '.') {
      name += '_';
    } else {
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return name;
}

std::string unknown_variable(std::string_view name) {
  std::string key(name.substr(environment_prefix.size()));
  for (char& c : key)
    c = c == '_' ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  auto near = suggest_broker_config(key);
  if (near.empty()) near = suggest_broker_config("ottla." + key);
  auto text = fmt::format("the environment variable {} names no known key", name);
  return near.empty() ? text : fmt::format("{}; did you mean {}?", text, environment_name(near));
}

/// A foreign variable with our prefix (Kubernetes sets OTTLA_SERVICE_HOST for a service of that
/// name) must not stop a start, so what is unknown here is a warning.
void add_environment(const std::vector<std::string>& environment, setting_map& settings,
                     std::vector<std::string>& warnings) {
  std::map<std::string, std::string_view, std::less<>> keys;
  for (const auto& definition : broker_config_definitions()) {
    keys.emplace(environment_name(definition.name), definition.name);
  }
  for (std::string_view variable : environment) {
    if (!variable.starts_with(environment_prefix)) continue;
    size_t equals = std::min(variable.find('='), variable.size());
    std::string name(variable.substr(0, equals));
    if (name == "OTTLA_BOOTSTRAP") continue;  // of the client commands
    auto key = keys.find(name);
    if (key == keys.end()) {
      warnings.push_back(unknown_variable(name));
      continue;
    }
    std::string value(variable.substr(std::min(equals + 1, variable.size())));
    settings.insert_or_assign(std::string(key->second), static_setting{value, name});
  }
}

outcome<void> add_overrides(const std::vector<std::string>& overrides, setting_map& settings) {
  for (const auto& text : overrides) {
    size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return invalid(fmt::format("--override {}: must be of the form key=value", text));
    }
    settings.insert_or_assign(text.substr(0, equals),
                              static_setting{text.substr(equals + 1), "--override"});
  }
  return {};
}

}  // namespace

outcome<loaded_config> load_broker_config(const config_inputs& inputs) {
  config_layers layers;
  std::vector<std::string> warnings;
  if (inputs.file) OTTLA_TRY(add_file(*inputs.file, layers.statics, warnings));
  add_environment(inputs.environment, layers.statics, warnings);
  OTTLA_TRY(add_overrides(inputs.overrides, layers.statics));
  auto loaded = make_broker_config(std::move(layers), inputs.host_name);
  if (!loaded) return loaded.error();
  loaded->warnings.insert(loaded->warnings.begin(), warnings.begin(), warnings.end());
  return loaded;
}

}  // namespace ottla
