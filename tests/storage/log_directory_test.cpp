#include "storage/log_directory.hpp"

#include <cerrno>

#include "storage/small_files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_file_system.hpp"

namespace ottla {
namespace {

uuid id_of(int number) {
  uuid id;
  id.bytes[15] = static_cast<std::byte>(number);
  return id;
}

directory_terms terms_of(std::string cluster, broker_id node = 1) {
  return {std::move(cluster), node, id_of(11), id_of(12)};
}

std::unique_ptr<log_directory> must_open(memory_file_system& disk,
                                         const std::string& cluster = "c1") {
  auto opened = log_directory::open(disk, "data", terms_of(cluster));
  if (!opened) FAIL(opened.error().message);
  return std::move(*opened);
}

TEST_CASE("a new directory gets an identity that later runs find again") {
  memory_file_system disk;
  auto first = must_open(disk);
  CHECK(first->is_new());
  CHECK(first->last() == last_shutdown::clean);
  first.reset();
  auto again = log_directory::open(disk, "data", {"c1", 1, id_of(99), id_of(98)});
  REQUIRE(again);
  CHECK_FALSE((*again)->is_new());
  CHECK((*again)->identity() == directory_identity{"c1", 1, id_of(11)});
}

TEST_CASE("a directory of another cluster, node or newer format is refused") {
  memory_file_system disk;
  must_open(disk).reset();
  auto other = log_directory::open(disk, "data", terms_of("c2"));
  REQUIRE_FALSE(other);
  CHECK(other.error().code == error_code::inconsistent_cluster_id);
  CHECK(other.error().message.find("c2") != std::string::npos);
  CHECK_FALSE(log_directory::open(disk, "data", terms_of("c1", 2)));
  disk.put("data/meta.properties", "version=2\ncluster.id=c1\nnode.id=1\n");
  auto newer = log_directory::open(disk, "data", terms_of("c1"));
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code == error_code::unsupported_version);
}

TEST_CASE(
    "a run marker or storage error flag of a newer format is refused, even after a clean stop") {
  for (const char* kind : {"run-marker", "storage-error"}) {
    INFO(kind);
    memory_file_system disk;
    must_open(disk).reset();
    disk.put("data/.kafka_cleanshutdown", "{}");
    disk.put(std::string("data/ottla.") + kind, seal_text(kind, 2, "later=1\n"));
    auto newer = log_directory::open(disk, "data", terms_of("c1"));
    REQUIRE_FALSE(newer);
    CHECK(newer.error().code == error_code::unsupported_version);
    CHECK(newer.error().message.find("version 2") != std::string::npos);
  }
}

TEST_CASE("the meta.properties of Kafka, of either version, are understood") {
  auto modern = decode_meta_properties(
      "#\n#Sun Nov 22 10:00:00 UTC 2026\ncluster.id=5L6g3nShT-eMCtK--X86sw\n"
      "directory.id=3Jg2lCQmQ0KL3JbnKkZzAw\nnode.id=7\nversion=1\n");
  REQUIRE(modern);
  CHECK(modern->cluster_id == "5L6g3nShT-eMCtK--X86sw");
  CHECK(modern->node == 7);
  CHECK(modern->directory_id.to_string() == "3Jg2lCQmQ0KL3JbnKkZzAw");
  auto old = decode_meta_properties("broker.id=3\nversion=0\n");
  REQUIRE(old);
  CHECK(old->node == 3);
  CHECK_FALSE(decode_meta_properties("node.id=3\n"));
  CHECK_FALSE(decode_meta_properties("node.id=x\nversion=1\n"));
}

TEST_CASE("meta.properties of the older version are upgraded when a directory is opened") {
  memory_file_system disk;
  REQUIRE(disk.create_directories("data"));
  disk.put("data/meta.properties", "version=0\nbroker.id=1\ncluster.id=c1\n");
  must_open(disk).reset();
  auto now = decode_meta_properties(disk.contents("data/meta.properties"));
  REQUIRE(now);
  CHECK(*now == directory_identity{"c1", 1, id_of(11)});
  CHECK(disk.contents("data/meta.properties").find("version=1") != std::string::npos);
}

TEST_CASE("a second process cannot open a directory") {
  memory_file_system disk;
  auto holder = must_open(disk);
  auto second = log_directory::open(disk, "data", terms_of("c1"));
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("locked") != std::string::npos);
  holder.reset();
  CHECK(log_directory::open(disk, "data", terms_of("c1")));
}

TEST_CASE("how the last run ended is told by marker, boot and clean-shutdown file") {
  memory_file_system disk;
  auto run = must_open(disk);
  SECTION("clean") {
    REQUIRE(run->mark_clean(5));
    CHECK(disk.contents("data/.kafka_cleanshutdown") == R"({"version":0,"brokerEpoch":5})");
    run.reset();
    run = must_open(disk);
    CHECK(run->last() == last_shutdown::clean);
    disk.kill_process();  // the clean file counted once
    CHECK(must_open(disk)->last() == last_shutdown::process_crash);
  }
  SECTION("killed") {
    disk.kill_process();
    CHECK(must_open(disk)->last() == last_shutdown::process_crash);
  }
  SECTION("power cut") {
    disk.cut_power();
    CHECK(must_open(disk)->last() == last_shutdown::machine_crash);
  }
  SECTION("power cut, and killed before the logs were recovered") {
    disk.cut_power();
    run = must_open(disk);
    disk.kill_process();
    run = must_open(disk);
    CHECK(run->last() == last_shutdown::machine_crash);
    REQUIRE(run->mark_clean(5));  // stopped in order, but still unrecovered
    run.reset();
    run = must_open(disk);
    CHECK(run->last() == last_shutdown::machine_crash);
    const uuid recovered[] = {run->identity().directory_id};
    REQUIRE(run->forget_storage_errors(recovered));
    disk.kill_process();
    CHECK(must_open(disk)->last() == last_shutdown::process_crash);
  }
  SECTION("a damaged marker proves nothing") {
    disk.flip_bit("data/ottla.run-marker", 20, 3);
    disk.kill_process();
    CHECK(must_open(disk)->last() == last_shutdown::machine_crash);
  }
  SECTION("a marker of a newer format is refused") {
    disk.put("data/ottla.run-marker", seal_text("run-marker", 2, "boot=x\n"));
    disk.kill_process();
    auto opened = log_directory::open(disk, "data", terms_of("c1"));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == error_code::unsupported_version);
  }
  SECTION("a storage error outlives a clean shutdown and a restart without reboot") {
    REQUIRE(run->note_storage_error(run->identity().directory_id));
    REQUIRE(run->mark_clean(5));
    run.reset();
    run = must_open(disk);
    CHECK(run->last() == last_shutdown::machine_crash);
    CHECK(run->storage_errors() == std::vector<uuid>{id_of(11)});
    REQUIRE(run->note_storage_error(id_of(77)));
    REQUIRE(run->forget_storage_errors(std::vector{id_of(11)}));
    REQUIRE(run->mark_clean(6));
    run.reset();
    CHECK(must_open(disk)->last() == last_shutdown::clean);
  }
  SECTION("a storage error of another directory is passed on") {
    REQUIRE(run->note_storage_error(id_of(77)));
    REQUIRE(run->mark_clean(5));
    run.reset();
    run = must_open(disk);
    CHECK(run->last() == last_shutdown::clean);
    CHECK(run->storage_errors() == std::vector<uuid>{id_of(77)});
  }
}

TEST_CASE("a directory on a full disk opens, and what its last run's marker says stays true") {
  memory_file_system disk;
  auto run = must_open(disk);
  SECTION("after a crash") {}
  SECTION("after a clean stop") {
    REQUIRE(run->mark_clean(5));
  }
  disk.kill_process();
  disk.limit_space(disk.used_bytes());
  run = must_open(disk);
  CHECK(run->notes().size() == 1);
  disk.limit_space(std::nullopt);
  SECTION("killed") {
    disk.kill_process();
    CHECK(must_open(disk)->last() == last_shutdown::process_crash);
  }
  SECTION("power cut") {
    disk.cut_power();
    CHECK(must_open(disk)->last() == last_shutdown::machine_crash);
  }
}

TEST_CASE("checkpoints survive a power cut once saved") {
  memory_file_system disk;
  auto run = must_open(disk);
  REQUIRE(run->save_recovery_points({{{"orders", 0}, 42}, {{"orders", 1}, 7}}));
  REQUIRE(run->save_log_starts({{{"orders", 0}, 3}}));
  CHECK(disk.contents("data/recovery-point-offset-checkpoint") ==
        "0\n2\norders 0 42\norders 1 7\n");
  disk.cut_power();
  run = must_open(disk);
  const auto context = run->context_for({"orders", 0}, 1000);
  CHECK(context.recovery_point == 42);
  CHECK(context.log_start_offset == 3);
  CHECK(context.last == last_shutdown::machine_crash);
  CHECK(run->context_for({"new", 0}, 1000).recovery_point == 0);
}

TEST_CASE("a bad recovery point checkpoint makes the start look at everything") {
  memory_file_system disk;
  auto run = must_open(disk);
  REQUIRE(run->mark_clean(1));
  run.reset();
  disk.put("data/recovery-point-offset-checkpoint", "0\n5\ngarbage\n");
  run = must_open(disk);
  CHECK(run->last() == last_shutdown::machine_crash);
  CHECK(run->notes().size() == 1);
}

TEST_CASE("partitions are created, found with their topic id, and set aside") {
  memory_file_system disk;
  auto run = must_open(disk);
  auto path = run->create_partition({"orders", 3}, id_of(5), sync_time::now);
  REQUIRE(path);
  CHECK(*path == "data/orders-3");
  REQUIRE(disk.create_directories("data/lost+found"));
  auto found = run->partitions();
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().name.which == topic_partition{"orders", 3});
  CHECK(found->front().topic_id == id_of(5));
  auto stray = run->set_aside(*path, partition_directory_kind::stray, id_of(9));
  REQUIRE(stray);
  CHECK(*stray == "data/orders-3.00000000000000000000000000000009-stray");
  found = run->partitions();
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().name.kind == partition_directory_kind::stray);
}

TEST_CASE("a read-only directory is a clear refusal") {
  memory_file_system disk;
  must_open(disk).reset();
  disk.set_read_only(true);
  auto opened = log_directory::open(disk, "data", terms_of("c1"));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().os_errno == EROFS);
  CHECK(opened.error().message.starts_with("log directory data: "));
}

}  // namespace
}  // namespace ottla
