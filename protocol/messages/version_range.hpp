// The words in which a field says which versions of its API carry it.
#pragma once

#include <limits>

#include "protocol/types.hpp"

namespace ottla {

struct version_range {
  api_version first = 0;
  api_version last = std::numeric_limits<api_version>::max();

  [[nodiscard]] constexpr bool has(api_version version) const {
    return version >= first && version <= last;
  }
};

inline constexpr version_range always{};
constexpr version_range since(api_version first) {
  return {.first = first};
}
constexpr version_range until(api_version last) {
  return {.last = last};
}
constexpr version_range between(api_version first, api_version last) {
  return {first, last};
}

}  // namespace ottla
