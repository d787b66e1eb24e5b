#include "actors/broker/cluster_secret.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ottla {
namespace {

void write(const std::string& path, std::string_view text, mode_t mode) {
  std::ofstream(path) << text;
  chmod(path.c_str(), mode);
}

}  // namespace

TEST_CASE("the first broker makes the secret, and the others find it") {
  temporary_directory folder;
  const auto path = folder.path() + "/secret";
  const auto made = load_cluster_secret(path);
  REQUIRE(made);
  CHECK(made->size() == 64);
  CHECK(*load_cluster_secret(path) == *made);
  struct stat facts{};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  const auto files = std::filesystem::directory_iterator(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 1);
  CHECK(*load_cluster_secret(folder.path() + "/other") != *made);
}

TEST_CASE("a secret that others may read, or that is none, is refused") {
  temporary_directory folder;
  const auto path = folder.path() + "/secret";
  write(path, std::string(40, 'x') + "\n", 0644);
  CHECK(load_cluster_secret(path).error().message.find("others may read") != std::string::npos);
  write(path, std::string(40, 'x') + "\n", 0620);
  CHECK_FALSE(load_cluster_secret(path));
  write(path, std::string(40, 'x') + "\n", 0600);
  CHECK(*load_cluster_secret(path) == std::string(40, 'x'));
  write(path, "short\n", 0600);
  CHECK(load_cluster_secret(path).error().message.find("at least 32") != std::string::npos);
  CHECK_FALSE(load_cluster_secret(folder.path()));
  CHECK_FALSE(load_cluster_secret(folder.path() + "/no/such/folder"));
}

}  // namespace ottla
