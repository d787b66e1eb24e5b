#include "tests/protocol/messages/golden.hpp"

#include <cctype>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ottla::test {
namespace {

shared_bytes from_hex(const std::string& hex) {
  auto bytes = shared_bytes::allocate(hex.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes.writable()[i] = static_cast<std::byte>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return bytes;
}

std::ifstream open_golden(const std::string& name) {
  std::ifstream file{std::string{OTTLA_GOLDEN_FOLDER} + "/" + name + ".txt"};
  if (!file) throw std::runtime_error("no golden file " + name);
  return file;
}

}  // namespace

std::vector<golden_message> read_golden(const std::string& name) {
  auto file = open_golden(name);
  std::vector<golden_message> messages;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string kind;
    std::string hex;
    golden_message message;
    words >> kind >> message.version >> message.variant >> hex;
    message.request = kind == "request";
    message.body = from_hex(hex);
    messages.push_back(std::move(message));
  }
  return messages;
}

std::vector<recorded_frame> read_recorded() {
  auto file = open_golden("recorded");
  std::vector<recorded_frame> frames;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string kind;
    int16_t key = 0;
    std::string hex;
    recorded_frame frame;
    words >> frame.client >> kind >> key >> frame.version >> hex;
    frame.request = kind == "request";
    frame.key = api_key{key};
    frame.frame = from_hex(hex);
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::string golden_name(std::string_view api_name) {
  std::string name;
  for (char c : api_name) {
    bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (upper && !name.empty()) name += '_';
    name += upper ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
  }
  return name;
}

}  // namespace ottla::test
