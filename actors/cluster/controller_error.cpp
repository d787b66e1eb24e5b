#include "actors/cluster/controller_error.hpp"

#include <caf/atom.hpp>

namespace ottla {
namespace {

constexpr caf::atom_value category = caf::atom("kafka");

}  // namespace

caf::error controller_error(error_code code) {
  return {static_cast<uint8_t>(code), category};
}

error_code controller_error_code(const caf::error& error) {
  return error.category() == category ? static_cast<error_code>(error.code())
                                      : error_code::not_controller;
}

}  // namespace ottla
