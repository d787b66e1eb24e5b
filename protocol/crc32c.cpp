#include "protocol/crc32c.hpp"

#include <algorithm>
#include <cstring>

#if defined(__SSE4_2__)
#include <immintrin.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTTLA_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTTLA_SANITIZED 1
#endif
#endif

// Sanitizers cannot see into ISA-L's assembly, so builds with one stay on the loop they can see.
#if defined(__SSE4_2__) && defined(OTTLA_SANITIZED)
#define OTTLA_CRC_LOOP_ONLY 1
#else
#include <isa-l/crc.h>
#endif

namespace ottla {
namespace {

#if defined(__SSE4_2__)

// Works on the inverted value, as the instruction does.
uint32_t crc_by_instruction(std::span<const std::byte> bytes, uint32_t inverted) {
  uint64_t crc = inverted;
  const auto* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  auto tail = static_cast<uint32_t>(crc);
  for (; left > 0; ++at, --left) tail = _mm_crc32_u8(tail, std::to_integer<uint8_t>(*at));
  return tail;
}

#endif

#if !defined(OTTLA_CRC_LOOP_ONLY)

// The library's AVX code returns without clearing the upper halves of the vector registers, after
// which every SSE instruction of ours would pay for them: 170 ns per small batch.
#if defined(__SSE4_2__)
__attribute__((target("avx"))) void clear_upper_halves() {
  _mm256_zeroupper();
}
const bool has_avx = __builtin_cpu_supports("avx") != 0;
#endif

// The library takes a pointer to mutable bytes that it only reads, and an int as length.
uint32_t crc_by_library(std::span<const std::byte> bytes, uint32_t inverted) {
  constexpr size_t piece_max = size_t{1} << 30;
  while (!bytes.empty()) {
    auto piece = std::min(bytes.size(), piece_max);
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
    inverted = crc32_iscsi(data, static_cast<int>(piece), inverted);
    bytes = bytes.subspan(piece);
  }
#if defined(__SSE4_2__)
  if (has_avx) clear_upper_halves();
#endif
  return inverted;
}

#endif

}  // namespace

uint32_t crc32c(std::span<const std::byte> bytes, uint32_t previous) {
#if defined(OTTLA_CRC_LOOP_ONLY)
  return ~crc_by_instruction(bytes, ~previous);
#else
#if defined(__SSE4_2__)
  // Below this the set-up of the vector code costs more than it gains (bench_micro, crc).
  constexpr size_t library_min_bytes = 192;
  if (bytes.size() < library_min_bytes) return ~crc_by_instruction(bytes, ~previous);
#endif
  return ~crc_by_library(bytes, ~previous);
#endif
}

}  // namespace ottla
