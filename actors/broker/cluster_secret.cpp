#include "actors/broker/cluster_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "actors/runtime/log.hpp"
#include "actors/runtime/random_source.hpp"
#include "protocol/broker_proof.hpp"

namespace ottla {
namespace {

constexpr size_t secret_bytes_max = 4096;

fault unusable(const std::string& path, const std::string& why) {
  return {error_code::invalid_config, "ottla.cluster.secret.file " + path + ": " + why, 0};
}

fault failed(const std::string& path, int error) {
  return unusable(path, std::system_category().message(error));
}

class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

private:
  const int number_;
};

std::string hex(const shared_bytes& bytes) {
  std::string text;
  for (const auto each : bytes.view()) {
    text += fmt::format("{:02x}", static_cast<unsigned>(each));
  }
  return text;
}

/// The whole file appears at once: brokers that start together agree on the first one's.
outcome<void> make(const std::string& path) {
  const auto aside = path + "." + std::to_string(::getpid());
  {
    descriptor file{::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.get() < 0) return failed(path, errno);
    const auto text = hex(unguessable_bytes(secret_bytes_min)) + "\n";
    const bool is_written =
        ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file.get()) == 0;
    if (!is_written) {
      const auto error = errno;
      ::unlink(aside.c_str());
      return failed(path, error);
    }
  }
  const int error = ::link(aside.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(aside.c_str());
  if (error != 0 && error != EEXIST) return failed(path, error);
  if (error == 0) {
    log::info("broker", "made the secret of a new cluster, {}: copy it to every broker", path);
  }
  return {};
}

outcome<std::string> read(const std::string& path, int file) {
  struct stat facts{};
  if (::fstat(file, &facts) != 0) return failed(path, errno);
  if (!S_ISREG(facts.st_mode)) return unusable(path, "it is not a file");
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return unusable(path, "others may read or write it; allow that to its owner only (chmod 600)");
  }
  std::string text(secret_bytes_max, '\0');
  const auto got = ::read(file, text.data(), text.size());
  if (got < 0) return failed(path, errno);
  text.resize(static_cast<size_t>(got));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.pop_back();
  }
  if (text.size() < secret_bytes_min) {
    return unusable(path, fmt::format("a secret has at least {} characters", secret_bytes_min));
  }
  return text;
}

}  // namespace

outcome<std::string> load_cluster_secret(const std::string& path) {
  for (int attempt = 0;; ++attempt) {
    descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() >= 0) return read(path, file.get());
    if (errno != ENOENT || attempt > 0) return failed(path, errno);
    OTTLA_TRY(make(path));
  }
}

}  // namespace ottla
