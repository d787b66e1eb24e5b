// Small files that are written whole: aside, synced, renamed into place.
//
// Files of our own (run marker, error flag, quarantine) carry their kind, a format version and a
// CRC-32C, and are refused when any of them is wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/file_system.hpp"

namespace ottla {

/// Whether a write waits for the disk. `later`: the caller syncs the directory's files itself.
enum class sync_time : uint8_t { now, later };

/// Replaces the file at `path`: readers see the old or the new contents, also after a crash when
/// `when` is now.
outcome<void> write_file(file_system& disk, const std::string& path, std::string_view contents,
                         sync_time when);
/// The whole file. Fault: resource_not_found if there is none, corrupt_message if it has more than
/// `max_bytes`.
outcome<std::string> read_file(file_system& disk, const std::string& path,
                               size_t max_bytes = size_t{64} << 20);

/// The same, or nothing if there is no such file.
outcome<std::optional<std::string>> read_if_there(file_system& disk, const std::string& path);
/// Whether there was one.
outcome<bool> remove_if_there(file_system& disk, const std::string& path);

/// "ottla <kind> <version>\n<body>crc32c <8 hex digits>\n"; `body` ends with a newline or is empty.
std::string seal_text(std::string_view kind, int version, std::string_view body);
/// The body. Faults: corrupt_message; unsupported_version if it is newer than `version`.
outcome<std::string> unseal_text(std::string_view kind, int version, std::string_view sealed);

/// The directory that holds `path`, which may be a directory itself.
std::string parent_path(std::string_view path);

}  // namespace ottla
