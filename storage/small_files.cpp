#include "storage/small_files.hpp"

#include <fmt/core.h>

#include <charconv>

#include "protocol/crc32c.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {
namespace {

fault corrupt(std::string_view kind, std::string_view why) {
  return {error_code::corrupt_message, fmt::format("bad {} file: {}", kind, why)};
}

}  // namespace

std::string parent_path(std::string_view path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string_view::npos ? end : path.rfind('/', end);
  if (slash == std::string_view::npos) return end == std::string_view::npos ? "/" : ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

outcome<void> write_file(file_system& disk, const std::string& path, std::string_view contents,
                         sync_time when) {
  const std::string aside = path + ".tmp";  // Kafka's name; cleared away at start
  {
    auto opened = disk.open(aside, open_mode::create_empty);
    if (!opened) return std::move(opened.error());
    OTTLA_TRY((*opened)->write_at(as_byte_span(contents), 0));
    if (when == sync_time::now) OTTLA_TRY((*opened)->sync());
  }
  OTTLA_TRY(disk.rename(aside, path));
  if (when == sync_time::now) OTTLA_TRY(disk.sync_directory(parent_path(path)));
  return {};
}

outcome<std::string> read_file(file_system& disk, const std::string& path, size_t max_bytes) {
  auto opened = disk.open(path, open_mode::read_only);
  if (!opened) return std::move(opened.error());
  auto size = (*opened)->size();
  if (!size) return std::move(size.error());
  if (static_cast<uint64_t>(*size) > max_bytes) {
    return fault{error_code::corrupt_message, fmt::format("{} has {} bytes", path, *size)};
  }
  std::string contents(static_cast<size_t>(*size), '\0');
  auto got =
      (*opened)->read_at(std::as_writable_bytes(std::span{contents.data(), contents.size()}), 0);
  if (!got) return std::move(got.error());
  contents.resize(*got);
  return contents;
}

outcome<std::optional<std::string>> read_if_there(file_system& disk, const std::string& path) {
  auto text = read_file(disk, path);
  if (text) return std::optional(std::move(*text));
  if (text.error().code == error_code::resource_not_found) return std::optional<std::string>{};
  return std::move(text.error());
}

outcome<bool> remove_if_there(file_system& disk, const std::string& path) {
  auto removed = disk.remove_file(path);
  if (removed) return true;
  if (removed.error().code == error_code::resource_not_found) return false;
  return std::move(removed.error());
}

std::string seal_text(std::string_view kind, int version, std::string_view body) {
  std::string text = fmt::format("ottla {} {}\n{}", kind, version, body);
  text += fmt::format("crc32c {:08x}\n", crc32c(as_byte_span(text)));
  return text;
}

outcome<std::string> unseal_text(std::string_view kind, int version, std::string_view sealed) {
  constexpr size_t trailer_bytes = 16;  // "crc32c xxxxxxxx\n"
  if (sealed.size() < trailer_bytes) return corrupt(kind, "too short");
  const std::string_view text = sealed.substr(0, sealed.size() - trailer_bytes);
  if (sealed.substr(text.size()) != fmt::format("crc32c {:08x}\n", crc32c(as_byte_span(text)))) {
    return corrupt(kind, "wrong checksum");
  }
  const std::string head = fmt::format("ottla {} ", kind);
  const size_t line_end = text.find('\n');
  if (!text.starts_with(head) || line_end == std::string_view::npos) {
    return corrupt(kind, "another kind of file");
  }
  const std::string_view digits = text.substr(head.size(), line_end - head.size());
  int found = 0;
  auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), found);
  if (error != std::errc{} || stop != digits.data() + digits.size()) {
    return corrupt(kind, "no version");
  }
  if (found > version) {
    return fault{error_code::unsupported_version,
                 fmt::format("{} file has version {}, newer than {}", kind, found, version)};
  }
  return std::string(text.substr(line_end + 1));
}

}  // namespace ottla
