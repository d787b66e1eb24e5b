#include "protocol/base64.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

namespace ottla {
namespace {

TEST_CASE("base64 is padded to groups of four") {
  CHECK(to_base64("") == "");
  CHECK(to_base64("f") == "Zg==");
  CHECK(to_base64("fo") == "Zm8=");
  CHECK(to_base64("foo") == "Zm9v");
  CHECK(to_base64("\xFB\xFF") == "+/8=");
}

TEST_CASE("base64 is read back as it was written") {
  rc::prop("any bytes",
           [](const std::string& bytes) { RC_ASSERT(from_base64(to_base64(bytes)) == bytes); });
}

TEST_CASE("what is no base64 is refused") {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg==Zg==", "Zh==", "Z===", "====", "Zm9v\n", "Zm9-"}) {
    INFO(text);
    CHECK_FALSE(from_base64(text));
  }
}

}  // namespace
}  // namespace ottla
