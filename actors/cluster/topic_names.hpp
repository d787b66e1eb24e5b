// Kafka's rules for topic names. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ottla {

inline constexpr size_t topic_name_bytes_max = 249;

/// Why `name` may not be a topic's, in Kafka's words; nothing if it may.
std::optional<std::string> topic_name_problem(std::string_view name);

/// `name` with '.' as '_': two topics that agree in this collide, because metrics cannot tell them
/// apart.
std::string collision_key(std::string_view name);
/// Whether `name` can collide at all.
bool can_collide(std::string_view name);

}  // namespace ottla
