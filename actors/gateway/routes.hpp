// The table of APIs: every request that clients may send, in which versions, and who answers.
#pragma once

#include <span>

#include "actors/handlers/handler.hpp"

namespace ottla {

/// Ordered by key. ApiVersions answers from this very table.
std::span<const route> client_routes();

}  // namespace ottla
