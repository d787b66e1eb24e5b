// Values of broker keys that single listeners have of their own: `listener.name.<name>.KEY`.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "actors/config/broker_config.hpp"

namespace ottla {

/// Whether a listener may have its own value of this key.
[[nodiscard]] bool is_listener_key(std::string_view key);

/// The values that listeners have of a whole-number key, by the listener's name.
[[nodiscard]] std::map<std::string, int32_t, std::less<>> listener_values(
    const broker_config& config, std::string_view key);

}  // namespace ottla
