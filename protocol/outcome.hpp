// The value-or-error of all code below the actors: expected failures are values, never exceptions.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "protocol/assert.hpp"
#include "protocol/error_code.hpp"

namespace ottla {

/// Why something failed. `message` is for people and names the thing at fault.
struct fault {
  error_code code = error_code::unknown_server_error;
  std::string message;
  int os_errno = 0;  ///< errno of the system call that failed, or 0.
};

/// Either a T or a fault. Ask `if (result)` first; the accessors assert.
template <class T>
class [[nodiscard]] outcome {
public:
  outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
  outcome(fault why) : state_(std::in_place_index<1>, std::move(why)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T& value() {
    OTTLA_ASSERT(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    OTTLA_ASSERT(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  fault& error() {
    OTTLA_ASSERT(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }
  const fault& error() const {
    OTTLA_ASSERT(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

private:
  std::variant<T, fault> state_;
};

/// Success without a value, or a fault. `return {};` means success.
template <>
class [[nodiscard]] outcome<void> {
public:
  outcome() = default;
  outcome(fault why) : fault_(std::move(why)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const noexcept { return !fault_.has_value(); }
  fault& error() {
    OTTLA_ASSERT(fault_.has_value());
    return *fault_;
  }
  const fault& error() const {
    OTTLA_ASSERT(fault_.has_value());
    return *fault_;
  }

private:
  std::optional<fault> fault_;
};

}  // namespace ottla

/// Returns the fault of `expression` from the enclosing function, if it has one.
#define OTTLA_TRY(expression)                                                              \
  do {                                                                                     \
    if (auto ottla_try_ = (expression); !ottla_try_) return std::move(ottla_try_.error()); \
  } while (false)
