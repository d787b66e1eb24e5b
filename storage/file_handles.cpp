#include "storage/file_handles.hpp"

namespace ottla {

uint64_t file_handles::next_id() {
  const std::lock_guard guard(mutex_);
  return ++last_id_;
}

size_t file_handles::open_files() const {
  const std::lock_guard guard(mutex_);
  return by_use_.size();
}

outcome<std::shared_ptr<file>> file_handles::acquire(uint64_t id, const std::string& path,
                                                     open_mode mode) {
  {
    const std::lock_guard guard(mutex_);
    auto found = by_id_.find(id);
    if (found != by_id_.end()) {
      by_use_.splice(by_use_.begin(), by_use_, found->second);
      return found->second->opened;
    }
  }
  auto opened = disk_.open(path, mode);  // outside the lock: an id has one caller at a time
  if (!opened) return opened;
  std::shared_ptr<file> evicted;  // closed after the lock is released
  const std::lock_guard guard(mutex_);
  if (by_use_.size() >= limit_ && !by_use_.empty()) {
    evicted = std::move(by_use_.back().opened);
    by_id_.erase(by_use_.back().id);
    by_use_.pop_back();
  }
  by_use_.push_front({id, *opened});
  by_id_[id] = by_use_.begin();
  return opened;
}

void file_handles::forget(uint64_t id) {
  std::shared_ptr<file> closing;
  const std::lock_guard guard(mutex_);
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  closing = std::move(found->second->opened);
  by_use_.erase(found->second);
  by_id_.erase(found);
}

cached_file::cached_file(cached_file&& other) noexcept
    : handles_(std::exchange(other.handles_, nullptr)),
      id_(other.id_),
      path_(std::move(other.path_)) {}

cached_file& cached_file::operator=(cached_file&& other) noexcept {
  if (this == &other) return *this;
  close();
  handles_ = std::exchange(other.handles_, nullptr);
  id_ = other.id_;
  path_ = std::move(other.path_);
  return *this;
}

outcome<std::shared_ptr<file>> cached_file::get(bool create) {
  return handles_->acquire(id_, path_, create ? open_mode::create : open_mode::read_write);
}

void cached_file::close() {
  if (handles_ != nullptr) handles_->forget(id_);
}

outcome<void> cached_file::rename(std::string to) {
  auto renamed = handles_->disk().rename(path_, to);
  const bool is_unwritten = !renamed && renamed.error().code == error_code::resource_not_found;
  if (!renamed && !is_unwritten) return renamed;
  path_ = std::move(to);
  return {};
}

}  // namespace ottla
