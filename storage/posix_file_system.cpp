#include "storage/posix_file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ottla {
namespace {

fault failed(std::string_view what, const std::string& path, int error) {
  const auto code =
      error == ENOENT ? error_code::resource_not_found : error_code::kafka_storage_error;
  return {code, fmt::format("cannot {} {}: {}", what, path, std::strerror(error)), error};
}

/// A descriptor that closes itself.
class descriptor_owner {
public:
  explicit descriptor_owner(int descriptor) : descriptor_(descriptor) {}
  ~descriptor_owner() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  descriptor_owner(const descriptor_owner&) = delete;
  descriptor_owner& operator=(const descriptor_owner&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

private:
  int descriptor_;
};

class posix_file final : public file {
public:
  posix_file(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}

  [[nodiscard]] int descriptor() const override { return descriptor_.get(); }

  outcome<size_t> read_at(std::span<std::byte> into, int64_t position) const override {
    size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = ::pread(descriptor_.get(), into.data() + done, into.size() - done,
                                  position + static_cast<int64_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("read", path_, errno);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  using file::write_at;
  outcome<void> write_at(std::span<const std::span<const std::byte>> pieces,
                         int64_t position) override;

  [[nodiscard]] outcome<int64_t> size() const override {
    struct stat facts{};
    if (::fstat(descriptor_.get(), &facts) != 0) return failed("look at", path_, errno);
    return int64_t{facts.st_size};
  }

  outcome<void> truncate(int64_t length_bytes) override {
    if (::ftruncate(descriptor_.get(), length_bytes) != 0) return failed("cut", path_, errno);
    return {};
  }

  outcome<void> sync() override {
    if (::fdatasync(descriptor_.get()) != 0) return failed("sync", path_, errno);
    return {};
  }

  [[nodiscard]] bool is_cached(int64_t position, int64_t length) const override;

  outcome<void> read_ahead(int64_t position, int64_t length) const override {
    // readahead() returns before the data is there; reading a byte of each page waits for it.
    ::readahead(descriptor_.get(), position, static_cast<size_t>(length));
    std::array<std::byte, 1> byte{};
    for (int64_t at = position; at < position + length; at += page_bytes) {
      auto got = read_at(byte, at);
      if (!got) return std::move(got.error());
    }
    return {};
  }

  void drop_cache() const override {
    ::posix_fadvise(descriptor_.get(), 0, 0, POSIX_FADV_DONTNEED);
  }

private:
  static constexpr int64_t page_bytes = 4096;

  [[nodiscard]] bool is_cached(int64_t position) const;

  descriptor_owner descriptor_;
  std::string path_;
};

/// A page that is not in memory makes a read with RWF_NOWAIT fail, so three probes answer for the
/// range: both ends and the middle. Kernels read ahead in larger units than the holes between.
bool posix_file::is_cached(int64_t position, int64_t length) const {
  if (length <= 0) return true;
  const int64_t last = position + length - 1;
  if (!is_cached(position)) return false;
  if (position / page_bytes == last / page_bytes) return true;
  return is_cached(last) && is_cached(position + length / 2);
}

bool posix_file::is_cached(int64_t position) const {
  std::byte byte{};
  const iovec into{&byte, 1};
  const ssize_t got = ::preadv2(descriptor_.get(), &into, 1, position, RWF_NOWAIT);
  return got >= 0 || errno != EAGAIN;
}

outcome<void> posix_file::write_at(std::span<const std::span<const std::byte>> pieces,
                                   int64_t position) {
  std::array<iovec, 64> batch;
  size_t piece = 0;
  size_t skip = 0;  // bytes of pieces[piece] that are written already
  while (piece < pieces.size()) {
    size_t used = 0;
    for (size_t i = piece; i < pieces.size() && used < batch.size(); ++i, ++used) {
      const auto bytes = i == piece ? pieces[i].subspan(skip) : pieces[i];
      batch[used] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    }
    ssize_t put = ::pwritev(descriptor_.get(), batch.data(), static_cast<int>(used), position);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed("write", path_, errno);
    position += put;
    auto left = static_cast<size_t>(put);
    while (piece < pieces.size() && left >= pieces[piece].size() - skip) {
      left -= pieces[piece].size() - skip;
      skip = 0;
      ++piece;
    }
    skip += left;
  }
  return {};
}

class posix_lock final : public directory_lock {
public:
  explicit posix_lock(int descriptor) : descriptor_(descriptor) {}

private:
  descriptor_owner descriptor_;
};

int open_flags(open_mode mode) {
  switch (mode) {
    case open_mode::read_only:
      return O_RDONLY;
    case open_mode::read_write:
      return O_RDWR;
    case open_mode::create:
      return O_RDWR | O_CREAT;
    case open_mode::create_empty:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

std::string read_small(const char* path) {
  const descriptor_owner opened(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 256> text{};
  if (opened.get() < 0) return {};
  const ssize_t got = ::read(opened.get(), text.data(), text.size());
  std::string result(text.data(), got > 0 ? static_cast<size_t>(got) : 0);
  while (!result.empty() && result.back() == '\n') result.pop_back();
  return result;
}

}  // namespace

bool is_passing(const fault& why) {
  constexpr std::array passing{ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM};
  return std::find(passing.begin(), passing.end(), why.os_errno) != passing.end();
}

outcome<std::shared_ptr<file>> posix_file_system::open(const std::string& path, open_mode mode) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), open_flags(mode) | O_CLOEXEC, 0644);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return failed("open", path, errno);
  return std::shared_ptr<file>(std::make_shared<posix_file>(descriptor, path));
}

outcome<void> posix_file_system::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from, errno);
  return {};
}

outcome<void> posix_file_system::remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed("remove", path, errno);
  return {};
}

outcome<void> posix_file_system::create_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return failed("create", path, error.value());
  return {};
}

outcome<void> posix_file_system::remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return failed("remove", path, error.value());
  return {};
}

outcome<std::vector<directory_entry>> posix_file_system::list(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return failed("list", path, errno);
  std::vector<directory_entry> entries;
  int error = 0;
  for (;;) {
    errno = 0;
    const dirent* found = ::readdir(directory);
    if (found == nullptr) {
      error = errno;
      break;
    }
    std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    bool is_directory = found->d_type == DT_DIR;
    if (found->d_type == DT_UNKNOWN || found->d_type == DT_LNK) {
      struct stat facts{};
      is_directory = ::stat((path + "/" + name).c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
    }
    entries.push_back({std::move(name), is_directory});
  }
  ::closedir(directory);
  if (error != 0) return failed("list", path, error);
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

outcome<bool> posix_file_system::exists(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed("look at", path, errno);
}

outcome<void> posix_file_system::sync_directory(const std::string& path) {
  const descriptor_owner opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return failed("open", path, errno);
  if (::fsync(opened.get()) != 0) return failed("sync", path, errno);
  return {};
}

outcome<disk_space> posix_file_system::space(const std::string& path) {
  struct statvfs facts{};
  if (::statvfs(path.c_str(), &facts) != 0) return failed("measure", path, errno);
  const auto unit = static_cast<int64_t>(facts.f_frsize);
  return disk_space{static_cast<int64_t>(facts.f_bavail) * unit,
                    static_cast<int64_t>(facts.f_blocks) * unit};
}

outcome<std::unique_ptr<directory_lock>> posix_file_system::lock(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return failed("open", path, errno);
  auto held = std::make_unique<posix_lock>(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path, errno);
    return fault{error_code::kafka_storage_error,
                 fmt::format("{} is locked by another process", path), EWOULDBLOCK};
  }
  return std::unique_ptr<directory_lock>(std::move(held));
}

outcome<file_system::mount_identity> posix_file_system::identify_mount(const std::string& path) {
  mount_identity identity;
  identity.boot_id = read_small("/proc/sys/kernel/random/boot_id");
  struct statvfs volume{};
  struct stat facts{};
  if (::statvfs(path.c_str(), &volume) != 0 || ::stat(path.c_str(), &facts) != 0) {
    return failed("look at", path, errno);
  }
  struct statx extended{};
  uint64_t mount_id = 0;
#ifdef STATX_MNT_ID
  // Ids that are never used twice, where the kernel (6.8) has them: a volume that was taken away
  // and mounted again must not look as if it had been there all the time.
  constexpr unsigned unique_mount_id = 0x4000;  // STATX_MNT_ID_UNIQUE
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID | unique_mount_id, &extended) == 0) {
    mount_id = extended.stx_mnt_id;
  }
#endif
  identity.mount_id = fmt::format("{}:{} {:x} {}", major(facts.st_dev), minor(facts.st_dev),
                                  volume.f_fsid, mount_id);
  return identity;
}

}  // namespace ottla
