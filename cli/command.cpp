#include "cli/command.hpp"

namespace ottla {

std::string option_name(const option_spec& option) {
  std::string name = option.names.substr(option.names.rfind(',') + 1);
  return name.substr(name.find_first_not_of('-'));
}

bool is_flag(const option_spec& option) {
  return std::holds_alternative<bool*>(option.target);
}

}  // namespace ottla
