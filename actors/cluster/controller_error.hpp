// How a failed admin request travels as the error of its promise.
#pragma once

#include <caf/error.hpp>

#include "protocol/error_code.hpp"

namespace ottla {

caf::error controller_error(error_code code);
/// NOT_CONTROLLER, which clients retry, for a controller that is gone.
error_code controller_error_code(const caf::error& error);

}  // namespace ottla
