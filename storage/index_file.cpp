#include "storage/index_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace ottla {

outcome<void> index_file::load() {
  written_ = 0;
  tail_.clear();
  auto exists = file_.handles().disk().exists(file_.path());
  if (!exists) return std::move(exists.error());
  missing_ = !*exists;
  if (missing_) return {};
  auto opened = file_.get();
  if (!opened) return std::move(opened.error());
  auto size = (*opened)->size();
  if (!size) return std::move(size.error());
  const auto bytes = static_cast<size_t>(*size);
  written_ = bytes / entry_bytes_;
  if (bytes % entry_bytes_ == 0) return {};
  return fault{error_code::corrupt_message,
               fmt::format("{} has {} bytes, not whole entries", file_.path(), bytes)};
}

void index_file::append(std::span<const std::byte> entry) {
  OTTLA_ASSERT(entry.size() == entry_bytes_);
  tail_.insert(tail_.end(), entry.begin(), entry.end());
}

outcome<void> index_file::read(size_t i, std::span<std::byte> entry) const {
  OTTLA_ASSERT(i < count());
  if (i >= written_) {
    std::memcpy(entry.data(), tail_.data() + (i - written_) * entry_bytes_, entry_bytes_);
    return {};
  }
  auto opened = file_.get();
  if (!opened) return std::move(opened.error());
  auto got = (*opened)->read_at(entry, static_cast<int64_t>(i * entry_bytes_));
  if (!got) return std::move(got.error());
  if (*got == entry_bytes_) return {};
  return fault{error_code::corrupt_message, fmt::format("{} is cut short", file_.path())};
}

outcome<void> index_file::truncate(size_t count) {
  if (count >= this->count()) return {};
  if (count >= written_) {
    tail_.resize((count - written_) * entry_bytes_);
    return {};
  }
  tail_.clear();
  auto opened = file_.get();
  if (!opened) return std::move(opened.error());
  OTTLA_TRY((*opened)->truncate(static_cast<int64_t>(count * entry_bytes_)));
  written_ = count;
  return {};
}

outcome<void> index_file::write_tail() {
  if (tail_.empty() && !missing_) return {};
  auto opened = file_.get(true);
  if (!opened) return std::move(opened.error());
  OTTLA_TRY((*opened)->write_at(std::span<const std::byte>{tail_},
                                static_cast<int64_t>(written_ * entry_bytes_)));
  missing_ = false;
  written_ += tail_.size() / entry_bytes_;
  tail_.clear();
  tail_.shrink_to_fit();
  return {};
}

outcome<void> index_file::reset() {
  tail_.clear();
  written_ = 0;
  auto opened = file_.get(true);
  if (!opened) return std::move(opened.error());
  missing_ = false;
  return (*opened)->truncate(0);
}

}  // namespace ottla
