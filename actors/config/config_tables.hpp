// The parts of the configuration table, one source file each, and why a key of Kafka's does nothing
// here. Only config_definition.cpp puts them together.
#pragma once

#include <span>
#include <string_view>

#include "actors/config/config_definition.hpp"

namespace ottla {

std::span<const config_definition> network_config_table();
std::span<const config_definition> log_config_table();
std::span<const config_definition> group_config_table();
std::span<const config_definition> cluster_config_table();
std::span<const config_definition> admin_config_table();
std::span<const config_definition> ignored_config_table();
std::span<const config_definition> topic_config_table();

inline constexpr std::string_view why_replication =
    "this version copies from and talks to other brokers in its own way";
inline constexpr std::string_view why_preallocate = "a file grows with what is written to it";
inline constexpr std::string_view why_checkpoints =
    "all checkpoints are written together, every log.flush.offset.checkpoint.interval.ms";
inline constexpr std::string_view why_one_cleaner =
    "one thread cleans all logs, one at a time; log.cleaner.enable=false switches cleaning off";
inline constexpr std::string_view why_cleaner_buffers = "cleaning sizes its buffers itself";
inline constexpr std::string_view why_expiry =
    "producers are looked at every log.retention.check.interval.ms";
inline constexpr std::string_view why_queue =
    "requests in progress are limited in bytes, by ottla.memory.budget.bytes or "
    "queued.max.request.bytes, and for each connection by ottla.requests.in.flight.max";
inline constexpr std::string_view why_tiered = "this version has no tiered storage";

}  // namespace ottla
