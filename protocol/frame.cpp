#include "protocol/frame.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "protocol/endian.hpp"

namespace ottla {

outcome<std::optional<size_t>> frame_length(std::span<const std::byte> begin, size_t limit_bytes) {
  if (begin.size() < frame_prefix_bytes) return std::optional<size_t>{};
  auto length = load_big_endian<int32_t>(begin.data());
  if (length >= 0 && static_cast<size_t>(length) <= limit_bytes) {
    return std::optional<size_t>{static_cast<size_t>(length)};
  }
  return fault{error_code::invalid_request, "a frame announces " + std::to_string(length) +
                                                " bytes, allowed are 0 to " +
                                                std::to_string(limit_bytes)};
}

outcome<void> frame_splitter::feed(shared_bytes received, std::vector<shared_bytes>& frames) {
  while (!received.empty()) {
    if (!open_) OTTLA_TRY(open_frame(received));
    if (open_) continue_frame(received, frames);
  }
  return {};
}

outcome<void> frame_splitter::open_frame(shared_bytes& received) {
  auto take = std::min(frame_prefix_bytes - prefix_filled_, received.size());
  std::memcpy(prefix_ + prefix_filled_, received.data(), take);
  prefix_filled_ += take;
  received = received.slice(take, received.size() - take);
  auto length = frame_length({prefix_, prefix_filled_}, limit_bytes_);
  if (!length) return std::move(length.error());
  const auto& announced = *length;
  if (!announced) return {};
  open_ = true;
  length_ = *announced;
  return {};
}

void frame_splitter::continue_frame(shared_bytes& received, std::vector<shared_bytes>& frames) {
  auto take = std::min(length_ - filled_, received.size());
  auto part = received.slice(0, take);
  received = received.slice(take, received.size() - take);
  if (take == length_) {  // whole in one buffer, or empty
    frames.push_back(std::move(part));
  } else {
    append(part.view());
    if (filled_ < length_) return;
    frames.push_back(body_.slice(0, length_));
  }
  body_ = {};
  open_ = false;
  prefix_filled_ = filled_ = 0;
}

void frame_splitter::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (body_.size() - filled_ < bytes.size()) {
    auto capacity = std::min(length_, std::max(2 * body_.size(), filled_ + bytes.size()));
    auto larger = shared_bytes::allocate(capacity);
    if (filled_ != 0) std::memcpy(larger.writable().data(), body_.data(), filled_);
    body_ = std::move(larger);
  }
  std::memcpy(body_.writable().data() + filled_, bytes.data(), bytes.size());
  filled_ += bytes.size();
}

}  // namespace ottla
