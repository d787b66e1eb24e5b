// The small files of a log directory: Kafka's byte for byte, and nothing else accepted.
#include <cerrno>

#include "protocol/endian.hpp"
#include "storage/checkpoints.hpp"
#include "storage/leader_epochs.hpp"
#include "storage/log_files.hpp"
#include "storage/offset_map.hpp"
#include "storage/posix_file_system.hpp"
#include "storage/producer_state.hpp"
#include "storage/quarantine.hpp"
#include "storage/small_files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ottla {
namespace {

TEST_CASE("names of segment files are those of Kafka") {
  const log_file_name name{log_file_kind::time_index, 42, log_file_suffix::deleted};
  CHECK(to_string(name) == "00000000000000000042.timeindex.deleted");
  CHECK(parse_log_file("00000000000000000042.timeindex.deleted") == name);
  for (const auto* bad : {"42.log", "00000000000000000042.log.old", "0000000000000000004x.log",
                          "-0000000000000000042.log", "00000000000000000042", ""}) {
    CHECK_FALSE(parse_log_file(bad));
  }
}

TEST_CASE("names of partition directories are those of Kafka") {
  CHECK(partition_directory({{"a-b", 7}, partition_directory_kind::live}) == "a-b-7");
  CHECK(parse_partition_directory("a-b-7")->which == topic_partition{"a-b", 7});
  const auto gone = partition_directory({{"t", 0}, partition_directory_kind::deleting}, "abc");
  CHECK(gone == "t-0.abc-delete");
  CHECK(parse_partition_directory(gone)->kind == partition_directory_kind::deleting);
  CHECK(parse_partition_directory("t-0.abc-stray")->which == topic_partition{"t", 0});
  const auto cut = partition_directory(
      {{std::string(249, 'x'), 12}, partition_directory_kind::stray}, std::string(32, 'u'));
  CHECK(cut.size() == 255);
  CHECK(parse_partition_directory(cut)->which.partition == 12);
  for (const auto* bad : {"meta.properties", "lost+found", "t-", "-3", "t-3x", "t--delete"}) {
    INFO(bad);
    CHECK_FALSE(parse_partition_directory(bad));
  }
}

TEST_CASE("offset checkpoints are read as strictly as they are written") {
  const offset_checkpoint offsets{{{"a", 0}, 5}, {{"b.c", 11}, 7}};
  const auto text = encode_offset_checkpoint(offsets);
  CHECK(text == "0\n2\na 0 5\nb.c 11 7\n");
  CHECK(*decode_offset_checkpoint(text) == offsets);
  CHECK(decode_offset_checkpoint("0\n0\n")->empty());
  CHECK(decode_offset_checkpoint("")->empty());
  for (const auto* bad : {"1\n0\n", "0\n", "0\n1\n", "0\n1\na 0\n", "0\n1\na 0 5 6\n",
                          "0\n2\na 0 5\n", "0\n1\na -1 5\n", "0\nx\na 0 5\n"}) {
    INFO(bad);
    CHECK_FALSE(decode_offset_checkpoint(bad));
  }
}

TEST_CASE("leader epochs rise, answer for the past and forget what is cut") {
  leader_epochs epochs;
  CHECK(epochs.latest() == no_leader_epoch);
  CHECK_FALSE(epochs.end_of(3, 10));
  epochs.assign(1, 0);
  epochs.assign(3, 10);
  epochs.assign(3, 12);  // the latest one: nothing new
  epochs.assign(7, 20);
  CHECK(epochs.end_of(0, 30) == std::nullopt);
  CHECK(epochs.end_of(1, 30) == std::pair{leader_epoch{1}, log_offset{10}});
  CHECK(epochs.end_of(5, 30) == std::pair{leader_epoch{3}, log_offset{20}});
  CHECK(epochs.end_of(9, 30) == std::pair{leader_epoch{7}, log_offset{30}});
  CHECK(epochs.epoch_of(19) == 3);
  const auto text = encode_leader_epochs(epochs.entries());
  CHECK(text == "0\n3\n1 0\n3 10\n7 20\n");
  CHECK(*decode_leader_epochs(text) == epochs.entries());
  epochs.truncate_from_start(15);
  CHECK(epochs.entries() == std::vector<epoch_entry>{{3, 15}, {7, 20}});
  epochs.truncate_from_end(20);
  CHECK(epochs.latest() == 3);
  for (const auto* bad : {"", "1\n0\n", "0\n2\n1 0\n", "0\n2\n3 0\n1 5\n", "0\n2\n1 5\n2 5\n",
                          "0\n1\n-1 0\n", "0\n1\n1 0 0\n"}) {
    INFO(bad);
    CHECK_FALSE(decode_leader_epochs(bad));
  }
}

TEST_CASE("a producer snapshot has Kafka's layout and survives no flipped bit") {
  producer_state state(1000);
  for (int i = 0; i < 7; ++i) {
    state.note({42, 3, i * 2, i * 2 + 1, 100 + i * 2, 101 + i * 2, 5000 + i, false});
  }
  std::string bytes = state.encode_snapshot();
  REQUIRE(bytes.size() == 10 + 5 * 46);
  const auto* last = reinterpret_cast<const std::byte*>(bytes.data()) + 10 + 4 * 46;
  CHECK(load_big_endian<int64_t>(last) == 42);
  CHECK(load_big_endian<int16_t>(last + 8) == 3);
  CHECK(load_big_endian<int32_t>(last + 10) == 13);
  CHECK(load_big_endian<int64_t>(last + 14) == 113);
  CHECK(load_big_endian<int32_t>(last + 22) == 1);
  CHECK(load_big_endian<int64_t>(last + 26) == 5006);
  CHECK(load_big_endian<int32_t>(last + 34) == -1);
  CHECK(load_big_endian<int64_t>(last + 38) == -1);

  producer_state again(1000);
  REQUIRE(again.decode_snapshot(as_byte_span(bytes), 5500));
  CHECK(again.encode_snapshot() == bytes);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    producer_state victim(1000);
    CHECK_FALSE(victim.decode_snapshot(as_byte_span(bytes), 5500));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
  REQUIRE(again.decode_snapshot(as_byte_span(bytes), 6006));
  CHECK(again.size() == 0);  // silent for too long
}

TEST_CASE("an open transaction is remembered until its marker, and keeps its producer") {
  producer_state state(1000);
  state.note({1, 0, 0, 0, 10, 10, 100, true});
  state.note({2, 0, 0, 0, 11, 11, 100, true});
  CHECK(state.first_open_transaction() == 10);
  CHECK(state.expire(1'000'000) == 0);
  state.note_marker({1, 0, -1, -1, 12, 12, 200, true}, 5);
  CHECK(state.first_open_transaction() == 11);
  CHECK(state.summaries()[0].coordinator_epoch == 5);
  producer_state again(1000);
  REQUIRE(again.decode_snapshot(as_byte_span(state.encode_snapshot()), 300));
  CHECK(again.first_open_transaction() == 11);
}

TEST_CASE("sealed files refuse another kind, a newer version and damage") {
  const auto sealed = seal_text("thing", 2, "a=1\n");
  CHECK(*unseal_text("thing", 2, sealed) == "a=1\n");
  CHECK(*unseal_text("thing", 3, sealed) == "a=1\n");
  CHECK(unseal_text("thing", 1, sealed).error().code == error_code::unsupported_version);
  CHECK(unseal_text("other", 2, sealed).error().code == error_code::corrupt_message);
  for (size_t i = 0; i < sealed.size(); ++i) {
    auto bad = sealed;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    CHECK_FALSE(unseal_text("thing", 2, bad));
    CHECK_FALSE(unseal_text("thing", 2, sealed.substr(0, i)));
  }
}

TEST_CASE("the quarantine file says what it was told") {
  const std::vector<quarantined_range> ranges{{0, 100, 50, 3, 6}, {42, 0, 9, 42, 50}};
  CHECK(*decode_quarantine(encode_quarantine(ranges)) == ranges);
  CHECK(holes_of(ranges, 42) == std::vector<byte_range>{{0, 9}});
  CHECK_FALSE(decode_quarantine(seal_text("quarantine", 1, "1 2 3\n")));
}

TEST_CASE("a small file is old or new after a power cut, never something else") {
  int kept_old = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    memory_file_system disk(seed);
    disk.put("data/file", "old");
    REQUIRE(write_file(disk, "data/file", "new contents", sync_time::now));
    disk.halt_after(static_cast<int64_t>(seed % 6));
    auto written = write_file(disk, "data/file", "newest", sync_time::now);
    const bool done = static_cast<bool>(written);
    disk.cut_power();
    const auto found = disk.contents("data/file");
    if (done) CHECK(found == "newest");
    CHECK((found == "newest" || found == "new contents"));
    kept_old += found == "new contents" ? 1 : 0;
  }
  CHECK(kept_old > 20);
}

TEST_CASE("the key map remembers the last offset of each key up to its limit") {
  offset_map map(64 * 24, 0.75, {1, 2});
  CHECK(map.capacity() == 48);
  for (int i = 0; i < 48; ++i) CHECK(map.put(as_byte_span(std::to_string(i)), i));
  CHECK_FALSE(map.put(as_byte_span("one more"), 99));
  CHECK(map.put(as_byte_span("7"), 100));
  CHECK(map.get(as_byte_span("7")) == 100);
  CHECK(map.get(as_byte_span("8")) == 8);
  CHECK(map.get(as_byte_span("one more")) == -1);
  CHECK(map.get({}) == -1);
}

TEST_CASE("the POSIX file system does what the seam says") {
  const temporary_directory where;
  posix_file_system disk;
  const std::string path = where.path() + "/a/b";
  REQUIRE(disk.create_directories(where.path() + "/a"));
  auto missing = disk.open(path, open_mode::read_write);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == error_code::resource_not_found);
  CHECK(missing.error().os_errno == ENOENT);
  auto opened = disk.open(path, open_mode::create);
  REQUIRE(opened);
  std::vector<std::span<const std::byte>> pieces(150, as_byte_span("0123456789"));
  pieces[70] = {};
  REQUIRE((*opened)->write_at(pieces, 5));
  CHECK(*(*opened)->size() == 1495);
  std::vector<std::byte> got(20);
  CHECK(*(*opened)->read_at(got, 1485) == 10);
  CHECK(as_text(std::span{got}.first(10)) == "0123456789");
  CHECK((*opened)->is_cached(0, 1495));
  REQUIRE((*opened)->read_ahead(0, 1495));
  REQUIRE((*opened)->sync());
  REQUIRE((*opened)->truncate(7));
  CHECK(*(*opened)->size() == 7);
  REQUIRE(disk.rename(path, path + "2"));
  CHECK_FALSE(*disk.exists(path));
  REQUIRE(disk.sync_directory(where.path() + "/a"));
  auto entries = disk.list(where.path());
  REQUIRE(entries);
  REQUIRE(entries->size() == 1);
  CHECK(entries->front().is_directory);
  CHECK(disk.space(where.path())->free_bytes > 0);
  CHECK_FALSE(disk.identify_mount(where.path())->boot_id.empty());
  auto held = disk.lock(where.path() + "/.lock");
  REQUIRE(held);
  CHECK_FALSE(disk.lock(where.path() + "/.lock"));
  held->reset();
  CHECK(disk.lock(where.path() + "/.lock"));
  REQUIRE(disk.remove_all(where.path() + "/a"));
  CHECK_FALSE(*disk.exists(where.path() + "/a"));
}

TEST_CASE("a batch that is refused again and again makes nobody else forgotten") {
  producer_state state(1000);
  for (int32_t sequence : {0, 5, 10}) {
    for (producer_id id = 0; id < 1000; ++id) {
      state.note_refused(
          {.id = id, .epoch = 0, .first_sequence = sequence, .last_sequence = sequence + 4});
    }
  }
  REQUIRE(state.refused().size() == 1000);
  for (const auto& [id, due] : state.refused()) REQUIRE(due.first_sequence == 0);
}

}  // namespace
}  // namespace ottla
