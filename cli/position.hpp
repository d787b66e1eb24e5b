// Places in a partition as people write them: earliest, latest, 1200, -10, a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/types.hpp"

namespace ottla {

enum class position_kind : uint8_t { earliest, latest, offset, last, time };

struct position {
  position_kind kind = position_kind::latest;
  int64_t value = 0;  ///< An offset, a count of last records, or milliseconds since 1970.

  friend bool operator==(const position&, const position&) = default;
};

/// What --from and --to accept, for help pages and errors.
inline constexpr std::string_view position_forms =
    "earliest, latest, an offset, -N for the last N of each partition, 2026-01-31T12:00:00Z or "
    "@MILLISECONDS";

/// Nothing if `text` has none of the forms.
std::optional<position> parse_position(std::string_view text);

/// "2026-01-31T12:00:00.5Z", "2026-01-31 12:00", "2026-01-31": ISO 8601, in the local zone unless
/// it names one (Z or +hh:mm). Nothing for dates that do not exist.
std::optional<timestamp_ms> parse_time(std::string_view text);

/// "2026-01-31T12:00:00.500Z".
std::string format_time(timestamp_ms time);

}  // namespace ottla
