// CRC-32C (Castagnoli): the checksum of record batches and of our own files.
//
// Small inputs run on the processor's instruction, large ones on ISA-L's vector code. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ottla {

/// The CRC-32C of `bytes`, or of everything up to and including them when `previous` is the CRC of
/// what came before: crc32c(b, crc32c(a)) is the CRC of a followed by b.
[[nodiscard]] uint32_t crc32c(std::span<const std::byte> bytes, uint32_t previous = 0);

}  // namespace ottla
