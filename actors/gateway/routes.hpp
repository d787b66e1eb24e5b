// The tables of APIs: the one place that says what is served on which listener, in which versions.
#pragma once

#include <span>

#include "actors/handlers/handler.hpp"

namespace ottla {

/// What clients may ask, ordered by key.
std::span<const route> client_routes();
/// What brokers ask each other, on their own listener; ordered by key.
std::span<const route> broker_routes();

}  // namespace ottla
