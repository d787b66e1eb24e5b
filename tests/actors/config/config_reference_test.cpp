#include "actors/config/config_reference.hpp"

#include <fstream>
#include <iterator>

#include "actors/config/config_definition.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

TEST_CASE("docs/configuration.md is what `ottla config reference` prints") {
  std::ifstream file(OTTLA_SOURCE_DIR "/docs/configuration.md", std::ios::binary);
  REQUIRE(file);
  std::string committed(std::istreambuf_iterator<char>(file), {});
  CHECK(committed == config_reference_markdown());
}

TEST_CASE("the reference names every key") {
  auto text = config_reference_markdown();
  for (auto definitions : {broker_config_definitions(), topic_config_definitions()}) {
    for (const auto& definition : definitions) {
      INFO(definition.name);
      CHECK(text.find("`" + std::string(definition.name) + "`") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace ottla
