// The configuration reference for people, printed from the table.
#pragma once

#include <string>

namespace ottla {

/// The whole of docs/configuration.md.
std::string config_reference_markdown();

}  // namespace ottla
