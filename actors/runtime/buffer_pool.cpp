#include "actors/runtime/buffer_pool.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace ottla {

/// Deleter of a lent chunk. Holds the pool and the charge until the last slice is gone.
struct buffer_pool::give_back {
  std::shared_ptr<buffer_pool> pool;
  free_list* list;
  // Deleters must be copyable; the control block holds the only copy that is ever called.
  std::shared_ptr<memory_grant> grant;

  void operator()(std::byte* chunk) const { pool->put_back(*list, chunk); }
};

buffer_pool::~buffer_pool() {
  for (auto* list : {&medium_, &large_}) {
    for (auto* chunk : list->chunks) delete[] chunk;
  }
}

std::shared_ptr<std::byte[]> buffer_pool::take_chunk(free_list& from, memory_grant grant) {
  std::byte* chunk = nullptr;
  {
    std::lock_guard guard(mutex_);
    ++from.lent;
    if (!from.chunks.empty()) {
      chunk = from.chunks.back();
      from.chunks.pop_back();
      from.least = std::min(from.least, from.chunks.size());
    }
  }
  if (chunk == nullptr) chunk = new std::byte[from.chunk_bytes];
  return {chunk,
          give_back{shared_from_this(), &from, std::make_shared<memory_grant>(std::move(grant))}};
}

void buffer_pool::put_back(free_list& to, std::byte* chunk) {
  std::lock_guard guard(mutex_);
  --to.lent;
  to.chunks.push_back(chunk);
}

shared_bytes buffer_pool::take(size_t size, memory_grant grant) {
  if (size >= receive_arena::min_room_bytes && size <= large_chunk_bytes) {
    auto chunk = take_chunk(size <= chunk_bytes ? medium_ : large_, std::move(grant));
    auto* begin = chunk.get();
    return {std::move(chunk), begin, size};
  }
  struct charged_bytes {
    memory_grant grant;
    std::unique_ptr<std::byte[]> bytes;
  };
  auto made = std::make_shared<charged_bytes>();
  made->grant = std::move(grant);
  made->bytes = std::make_unique_for_overwrite<std::byte[]>(size);
  auto* begin = made->bytes.get();
  return {std::shared_ptr<std::byte[]>{std::move(made), begin}, begin, size};
}

void buffer_pool::trim() {
  std::vector<std::byte*> surplus;
  {
    std::lock_guard guard(mutex_);
    for (auto* list : {&medium_, &large_}) {
      const size_t kept = list == &medium_ ? 1 : 0;
      size_t excess =
          list->chunks.size() > kept ? std::min(list->least, list->chunks.size() - kept) : 0;
      // The coldest are at the front.
      const auto end = list->chunks.begin() + static_cast<std::ptrdiff_t>(excess);
      surplus.insert(surplus.end(), list->chunks.begin(), end);
      list->chunks.erase(list->chunks.begin(), end);
      list->least = list->chunks.size();
    }
  }
  for (auto* chunk : surplus) delete[] chunk;
}

bool buffer_pool::can_trim() const {
  std::lock_guard guard(mutex_);
  return medium_.chunks.size() > 1 || !large_.chunks.empty();
}

buffer_pool::counters buffer_pool::count() const {
  std::lock_guard guard(mutex_);
  counters now;
  for (const auto* list : {&medium_, &large_}) {
    now.free_bytes += static_cast<int64_t>(list->chunks.size() * list->chunk_bytes);
    now.lent_bytes += list->lent * static_cast<int64_t>(list->chunk_bytes);
  }
  return now;
}

bool receive_arena::is_unused() const {
  if (chunk_.use_count() != 1) return false;
  // use_count() orders nothing. Dropping a copy does: what other threads did with their slices is
  // over before the memory is written again.
  std::shared_ptr<std::byte[]>{chunk_}.reset();
  return true;
}

std::span<std::byte> receive_arena::room() {
  if (chunk_ != nullptr && is_unused()) used_ = 0;
  if (chunk_ == nullptr || buffer_pool::chunk_bytes - used_ < min_room_bytes) {
    chunk_.reset();
    auto grant = memory_.try_acquire(pool_, buffer_pool::chunk_bytes);
    if (!grant) return {};
    refill(std::move(*grant));
  }
  return {chunk_.get() + used_, buffer_pool::chunk_bytes - used_};
}

shared_bytes receive_arena::commit(size_t size) {
  OTTLA_ASSERT(chunk_ != nullptr && size <= buffer_pool::chunk_bytes - used_);
  auto* begin = chunk_.get() + used_;
  // The next slice begins on a cache line of its own.
  used_ = std::min(buffer_pool::chunk_bytes, (used_ + size + 63) & ~size_t{63});
  return {chunk_, begin, size};
}

void receive_arena::refill(memory_grant grant) {
  OTTLA_ASSERT(grant.bytes() >= static_cast<int64_t>(buffer_pool::chunk_bytes));
  chunk_ = buffers_.take_chunk(buffers_.medium_, std::move(grant));
  used_ = 0;
}

void receive_arena::release_if_unused() {
  if (chunk_ != nullptr && is_unused()) chunk_.reset();
}

}  // namespace ottla
