#include "tests/support/memory_file_system.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ottla {
namespace {

constexpr int64_t sector_bytes = 512;

fault failed(const std::string& what, int error) {
  const auto code =
      error == ENOENT ? error_code::resource_not_found : error_code::kafka_storage_error;
  return {code, what + ": " + std::strerror(error), error};
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool is_inside(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

struct memory_file_system::node {
  struct change {
    bool is_truncate = false;
    int64_t position = 0;
    std::string bytes;
  };
  std::string now;               // what reads show
  std::string durable;           // what survives for sure
  std::vector<change> unsynced;  // in order

  static void apply(std::string& target, const change& what) {
    const auto end = static_cast<size_t>(what.position) + what.bytes.size();
    if (what.is_truncate) {
      target.resize(static_cast<size_t>(what.position), '\0');
      return;
    }
    if (target.size() < end) target.resize(end, '\0');
    std::copy(what.bytes.begin(), what.bytes.end(),
              target.begin() + static_cast<std::ptrdiff_t>(what.position));
  }

  void change_now(change what) {
    apply(now, what);
    unsynced.push_back(std::move(what));
  }

  void sync() {
    durable = now;
    unsynced.clear();
  }

  /// What a power cut leaves of one change: all, nothing, or some of its sectors.
  static void apply_torn(std::string& target, const change& what, std::mt19937_64& random) {
    const auto fate = random() % 4;
    if (fate == 0) return;
    if (fate < 3 || what.is_truncate) return apply(target, what);
    int64_t at = what.position;
    const int64_t end = at + static_cast<int64_t>(what.bytes.size());
    while (at < end) {
      const int64_t next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
      if (random() % 2 == 0) {
        apply(target, {false, at,
                       what.bytes.substr(static_cast<size_t>(at - what.position),
                                         static_cast<size_t>(next - at))});
      }
      at = next;
    }
  }

  void cut_power(std::mt19937_64& random) {
    for (const auto& what : unsynced) apply_torn(durable, what, random);
    now = durable;
    unsynced.clear();
  }
};

struct memory_file_system::name_change {
  enum class kind : uint8_t { create, rename, remove } what;
  std::string from;
  std::string to;
  std::shared_ptr<node> created;
};

class memory_file final : public file {
public:
  memory_file(memory_file_system& disk, std::string path,
              std::shared_ptr<memory_file_system::node> node, bool writable)
      : disk_(disk),
        path_(std::move(path)),
        node_(std::move(node)),
        life_(disk.life_),
        born_(*disk.life_),
        writable_(writable) {}

  [[nodiscard]] int descriptor() const override { return -1; }

  outcome<size_t> read_at(std::span<std::byte> into, int64_t position) const override {
    OTTLA_TRY(disk_.begin(disk_operation::read, path_, false));
    const auto size = static_cast<int64_t>(node_->now.size());
    if (position >= size) return size_t{0};
    const auto got = std::min(into.size(), static_cast<size_t>(size - position));
    std::memcpy(into.data(), node_->now.data() + position, got);
    return got;
  }

  using file::write_at;
  outcome<void> write_at(std::span<const std::span<const std::byte>> pieces,
                         int64_t position) override {
    OTTLA_TRY(alive());
    OTTLA_TRY(disk_.begin(disk_operation::write, path_, true));
    std::string bytes;
    for (const auto& piece : pieces) bytes += as_text(piece);
    const int64_t end = position + static_cast<int64_t>(bytes.size());
    const int64_t growth = end - static_cast<int64_t>(node_->now.size());
    int64_t excess = 0;
    if (disk_.space_limit_ && growth > 0) {
      excess = std::min(growth, disk_.used_bytes() + growth - *disk_.space_limit_);
    }
    if (excess <= 0) {
      node_->change_now({false, position, std::move(bytes)});
      return {};
    }
    bytes.resize(bytes.size() - static_cast<size_t>(excess));
    node_->change_now({false, position, std::move(bytes)});
    return failed("cannot write " + path_, ENOSPC);
  }

  [[nodiscard]] outcome<int64_t> size() const override {
    return static_cast<int64_t>(node_->now.size());
  }

  outcome<void> truncate(int64_t length_bytes) override {
    OTTLA_TRY(alive());
    OTTLA_TRY(disk_.begin(disk_operation::truncate, path_, true));
    if (length_bytes == static_cast<int64_t>(node_->now.size())) return {};
    node_->change_now({true, length_bytes, {}});
    return {};
  }

  outcome<void> sync() override {
    OTTLA_TRY(alive());
    ++disk_.syncs_;
    auto begun = disk_.begin(disk_operation::sync, path_, true);
    if (!begun) {
      node_->unsynced.clear();  // the pages count as clean, and the disk lacks them
      return begun;
    }
    node_->sync();
    return {};
  }

  [[nodiscard]] bool is_cached(int64_t, int64_t) const override { return true; }
  outcome<void> read_ahead(int64_t, int64_t) const override { return {}; }

  void drop_cache() const override {
    std::string fresh = node_->durable;
    for (const auto& what : node_->unsynced) memory_file_system::node::apply(fresh, what);
    node_->now = std::move(fresh);
  }

private:
  outcome<void> alive() const {
    if (!writable_) return failed("cannot change " + path_, EBADF);
    if (*life_ != born_) return failed("the process that opened " + path_ + " is dead", EBADF);
    return {};
  }

  memory_file_system& disk_;
  std::string path_;
  std::shared_ptr<memory_file_system::node> node_;
  std::shared_ptr<uint64_t> life_;
  uint64_t born_;
  bool writable_;
};

namespace {

class memory_lock final : public directory_lock {
public:
  memory_lock(std::set<std::string>& locks, std::string path, std::shared_ptr<uint64_t> life)
      : locks_(locks), path_(std::move(path)), life_(std::move(life)), born_(*life_) {}
  ~memory_lock() override {
    if (*life_ == born_) locks_.erase(path_);
  }

private:
  std::set<std::string>& locks_;
  std::string path_;
  std::shared_ptr<uint64_t> life_;
  uint64_t born_;
};

}  // namespace

memory_file_system::memory_file_system(uint64_t seed) : random_(seed) {}
memory_file_system::~memory_file_system() {
  ++*life_;
}

outcome<void> memory_file_system::begin(disk_operation which, const std::string& path,
                                        bool is_change) {
  if (is_change && read_only_) return failed("cannot change " + path, EROFS);
  if (is_change && halted()) return failed("halted before a change of " + path, EIO);
  if (is_change) ++changes_;
  auto planned = failures_.find(which);
  if (planned == failures_.end() || planned->second.skip-- > 0) return {};
  const int error = planned->second.error;
  failures_.erase(planned);
  return failed("failed at " + path, error);
}

void memory_file_system::fail(disk_operation which, int error, int skip) {
  failures_[which] = {error, skip};
}

void memory_file_system::apply(std::map<std::string, std::shared_ptr<node>>& names,
                               const name_change& change) {
  switch (change.what) {
    case name_change::kind::create:
      names[change.to] = change.created;
      break;
    case name_change::kind::remove:
      names.erase(change.from);
      break;
    case name_change::kind::rename: {
      std::vector<std::pair<std::string, std::shared_ptr<node>>> moved;
      for (const auto& [path, held] : names) {
        if (path == change.from) moved.emplace_back(change.to, held);
        if (is_inside(path, change.from)) {
          moved.emplace_back(change.to + path.substr(change.from.size()), held);
        }
      }
      std::erase_if(names, [&](const auto& entry) {
        return entry.first == change.from || is_inside(entry.first, change.from);
      });
      for (auto& [path, held] : moved) names[path] = std::move(held);
      break;
    }
  }
}

void memory_file_system::log_change(name_change change) {
  apply(names_, change);
  pending_names_.push_back(std::move(change));
}

outcome<std::shared_ptr<file>> memory_file_system::open(const std::string& path, open_mode mode) {
  auto found = names_.find(path);
  const bool creates = mode == open_mode::create || mode == open_mode::create_empty;
  const bool creates_now = creates && found == names_.end();
  OTTLA_TRY(begin(disk_operation::open, path, creates_now));
  if (found == names_.end()) {
    if (!creates || !directories_.contains(directory_of(path))) {
      return failed("cannot open " + path, ENOENT);
    }
    auto created = std::make_shared<node>();
    log_change({name_change::kind::create, {}, path, created});
    found = names_.find(path);
  }
  auto opened =
      std::make_shared<memory_file>(*this, path, found->second, mode != open_mode::read_only);
  if (mode == open_mode::create_empty && !found->second->now.empty()) {
    OTTLA_TRY(opened->truncate(0));
  }
  return std::shared_ptr<file>(std::move(opened));
}

outcome<void> memory_file_system::rename(const std::string& from, const std::string& to) {
  const bool is_directory = directories_.contains(from);
  if (!is_directory && !names_.contains(from)) return failed("cannot rename " + from, ENOENT);
  const auto is_in_target = [&](const auto& each) { return is_inside(each.first, to); };
  if (is_directory && std::ranges::any_of(names_, is_in_target)) {
    return failed("cannot rename " + from, ENOTEMPTY);
  }
  OTTLA_TRY(begin(disk_operation::rename, from, true));
  log_change({name_change::kind::rename, from, to, nullptr});
  if (!is_directory) return {};
  std::set<std::string> moved;
  for (const auto& each : directories_) {
    const bool below = each == from || is_inside(each, from);
    moved.insert(below ? to + each.substr(from.size()) : each);
  }
  directories_ = std::move(moved);
  return {};
}

outcome<void> memory_file_system::remove_file(const std::string& path) {
  if (!names_.contains(path)) return failed("cannot remove " + path, ENOENT);
  OTTLA_TRY(begin(disk_operation::remove, path, true));
  log_change({name_change::kind::remove, path, {}, nullptr});
  return {};
}

outcome<void> memory_file_system::create_directories(const std::string& path) {
  if (directories_.contains(path)) return {};
  OTTLA_TRY(begin(disk_operation::open, path, true));
  make_parents(path + "/");
  return {};
}

outcome<void> memory_file_system::remove_all(const std::string& path) {
  OTTLA_TRY(begin(disk_operation::remove, path, true));
  std::vector<std::string> doomed;
  for (const auto& [name, held] : names_) {
    if (name == path || is_inside(name, path)) doomed.push_back(name);
  }
  for (auto& name : doomed) log_change({name_change::kind::remove, std::move(name), {}, nullptr});
  std::erase_if(directories_,
                [&](const auto& each) { return each == path || is_inside(each, path); });
  return {};
}

outcome<std::vector<directory_entry>> memory_file_system::list(const std::string& path) {
  OTTLA_TRY(begin(disk_operation::list, path, false));
  if (!directories_.contains(path)) return failed("cannot list " + path, ENOENT);
  std::vector<directory_entry> entries;
  for (const auto& [name, held] : names_) {
    if (directory_of(name) == path) entries.push_back({name.substr(path.size() + 1), false});
  }
  for (const auto& name : directories_) {
    if (name != path && directory_of(name) == path) {
      entries.push_back({name.substr(path.size() + 1), true});
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

outcome<bool> memory_file_system::exists(const std::string& path) {
  return names_.contains(path) || directories_.contains(path);
}

outcome<void> memory_file_system::sync_directory(const std::string& path) {
  ++syncs_;
  OTTLA_TRY(begin(disk_operation::sync, path, true));
  std::vector<name_change> later;
  for (auto& change : pending_names_) {
    const bool is_here = directory_of(change.from) == path || directory_of(change.to) == path;
    if (is_here) {
      apply(durable_names_, change);
      if (change.what != name_change::kind::rename) continue;
      // What was created in a directory goes with it, whether it is durable or not.
      for (auto& earlier : later) {
        for (auto* name : {&earlier.from, &earlier.to}) {
          if (is_inside(*name, change.from)) *name = change.to + name->substr(change.from.size());
        }
      }
    } else {
      later.push_back(std::move(change));
    }
  }
  pending_names_ = std::move(later);
  return {};
}

outcome<disk_space> memory_file_system::space(const std::string&) {
  const int64_t total = space_limit_.value_or(int64_t{1} << 40);
  return disk_space{std::max<int64_t>(0, total - used_bytes()), total};
}

outcome<std::unique_ptr<directory_lock>> memory_file_system::lock(const std::string& path) {
  if (!locks_.insert(path).second) {
    return fault{error_code::kafka_storage_error, path + " is locked by another process",
                 EWOULDBLOCK};
  }
  return std::unique_ptr<directory_lock>(std::make_unique<memory_lock>(locks_, path, life_));
}

outcome<file_system::mount_identity> memory_file_system::identify_mount(const std::string&) {
  return mount_identity{"boot-" + std::to_string(boots_), "memory"};
}

void memory_file_system::kill_process() {
  ++*life_;
  locks_.clear();
  no_halt();
  failures_.clear();
}

void memory_file_system::cut_power() {
  kill_process();
  ++boots_;
  const size_t kept = pending_names_.empty() ? 0 : random_() % (pending_names_.size() + 1);
  for (size_t i = 0; i < kept; ++i) apply(durable_names_, pending_names_[i]);
  pending_names_.clear();
  names_.clear();
  std::map<const node*, std::shared_ptr<node>> fresh;  // old handles keep the old nodes
  for (const auto& [path, held] : durable_names_) {
    auto& copy = fresh[held.get()];
    if (!copy) {
      copy = std::make_shared<node>(*held);
      copy->cut_power(random_);
    }
    names_[path] = copy;
  }
  durable_names_ = names_;
  // A directory is where its files are; an empty one has not reached the disk.
  directories_.clear();
  for (const auto& [path, held] : names_) make_parents(path);
}

void memory_file_system::flip_bit(const std::string& path, int64_t byte, int bit) {
  auto& held = *names_.at(path);
  const auto at = static_cast<size_t>(byte);
  const auto flip = [&](std::string& bytes) {
    if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
  };
  flip(held.now);
  flip(held.durable);
}

std::string memory_file_system::contents(const std::string& path) const {
  return names_.at(path)->now;
}

void memory_file_system::make_parents(const std::string& path) {
  for (std::string at = directory_of(path); !at.empty() && at != "."; at = directory_of(at)) {
    directories_.insert(at);
  }
}

void memory_file_system::put(const std::string& path, std::string_view contents) {
  make_parents(path);
  auto held = std::make_shared<node>();
  held->now = held->durable = contents;
  names_[path] = durable_names_[path] = std::move(held);
}

std::vector<std::string> memory_file_system::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, held] : names_) all.push_back(path);
  return all;
}

int64_t memory_file_system::used_bytes() const {
  int64_t sum = 0;
  for (const auto& [path, held] : names_) sum += static_cast<int64_t>(held->now.size());
  return sum;
}

}  // namespace ottla
