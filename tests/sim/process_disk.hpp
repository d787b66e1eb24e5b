// The disk as one process sees it: nothing it does after its death reaches the disk.
//
// Can also lie, to prove that the checkers of the simulation notice: about syncs, or about bytes.
#pragma once

#include <cerrno>
#include <memory>
#include <utility>

#include "tests/support/memory_file_system.hpp"

namespace ottla::sim {

/// What a lying disk does wrong.
enum class disk_lie : uint8_t { none, sync_does_nothing, reads_flip_a_bit };

class process_disk final : public file_system {
public:
  process_disk(memory_file_system& disk, disk_lie lie) : disk_(disk), lie_(lie) {}

  /// The process is dead.
  void die() { *alive_ = false; }

  outcome<std::shared_ptr<file>> open(const std::string& path, open_mode mode) override {
    if (!*alive_) return dead();
    auto opened = disk_.open(path, mode);
    if (!opened || lie_ == disk_lie::none || !path.ends_with(".log")) return opened;
    return std::shared_ptr<file>{std::make_shared<lying_file>(std::move(*opened), lie_)};
  }
  outcome<void> rename(const std::string& from, const std::string& to) override {
    if (!*alive_) return dead();
    return disk_.rename(from, to);
  }
  outcome<void> remove_file(const std::string& path) override {
    if (!*alive_) return dead();
    return disk_.remove_file(path);
  }
  outcome<void> create_directories(const std::string& path) override {
    if (!*alive_) return dead();
    return disk_.create_directories(path);
  }
  outcome<void> remove_all(const std::string& path) override {
    if (!*alive_) return dead();
    return disk_.remove_all(path);
  }
  outcome<std::vector<directory_entry>> list(const std::string& path) override {
    if (!*alive_) return dead();
    return disk_.list(path);
  }
  outcome<bool> exists(const std::string& path) override { return disk_.exists(path); }
  outcome<void> sync_directory(const std::string& path) override {
    if (!*alive_) return dead();
    return disk_.sync_directory(path);
  }
  outcome<disk_space> space(const std::string& path) override { return disk_.space(path); }
  outcome<std::unique_ptr<directory_lock>> lock(const std::string& path) override {
    if (!*alive_) return dead();
    return disk_.lock(path);
  }
  outcome<mount_identity> identify_mount(const std::string& path) override {
    return disk_.identify_mount(path);
  }

private:
  class lying_file final : public file {
  public:
    lying_file(std::shared_ptr<file> real, disk_lie lie) : real_(std::move(real)), lie_(lie) {}

    [[nodiscard]] int descriptor() const override { return -1; }
    outcome<size_t> read_at(std::span<std::byte> into, int64_t position) const override {
      auto got = real_->read_at(into, position);
      // Behind the header of a batch, where only its sum tells.
      const bool flips = lie_ == disk_lie::reads_flip_a_bit && got && *got > 70;
      if (flips) into[*got - 3] ^= std::byte{1};
      return got;
    }
    using file::write_at;
    outcome<void> write_at(std::span<const std::span<const std::byte>> pieces,
                           int64_t position) override {
      return real_->write_at(pieces, position);
    }
    [[nodiscard]] outcome<int64_t> size() const override { return real_->size(); }
    outcome<void> truncate(int64_t length_bytes) override { return real_->truncate(length_bytes); }
    outcome<void> sync() override {
      return lie_ == disk_lie::sync_does_nothing ? outcome<void>{} : real_->sync();
    }
    [[nodiscard]] bool is_cached(int64_t position, int64_t length) const override {
      return real_->is_cached(position, length);
    }
    outcome<void> read_ahead(int64_t position, int64_t length) const override {
      return real_->read_ahead(position, length);
    }
    void drop_cache() const override { real_->drop_cache(); }

  private:
    std::shared_ptr<file> real_;
    const disk_lie lie_;
  };

  static fault dead() { return {error_code::kafka_storage_error, "the process is dead", EIO}; }

  memory_file_system& disk_;
  const disk_lie lie_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ottla::sim
