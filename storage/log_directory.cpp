#include "storage/log_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "storage/small_files.hpp"
#include "storage/text_lines.hpp"

namespace ottla {
namespace {

constexpr std::string_view marker_kind = "run-marker";
constexpr std::string_view error_kind = "storage-error";
constexpr int marker_version = 1;
constexpr int error_version = 1;

/// "key=value" lines as Java writes them; values of ours need no escapes.
std::map<std::string, std::string> parse_properties(std::string_view text) {
  std::map<std::string, std::string> found;
  text_lines lines(text);
  while (auto line = lines.next()) {
    const size_t equals = line->find('=');
    if (line->empty() || line->front() == '#' || equals == std::string_view::npos) continue;
    found[std::string(line->substr(0, equals))] = std::string(line->substr(equals + 1));
  }
  return found;
}

constexpr std::string_view unrecovered_line = "unrecovered=1\n";
constexpr std::string_view foreign_line = "foreign=1\n";

std::string marker_body(const uuid& incarnation, const file_system::mount_identity& mount,
                        bool unrecovered, bool is_foreign) {
  return fmt::format("incarnation={}\nboot={}\nmount={}\n{}{}", incarnation.to_string(),
                     mount.boot_id, mount.mount_id, unrecovered ? unrecovered_line : "",
                     unrecovered && is_foreign ? foreign_line : "");
}

std::string digits_of(const uuid& unique) {
  std::string digits;
  for (std::byte byte : unique.bytes) {
    fmt::format_to(std::back_inserter(digits), "{:02x}", std::to_integer<int>(byte));
  }
  return digits;
}

}  // namespace

std::string encode_meta_properties(const directory_identity& identity) {
  return fmt::format("#\ncluster.id={}\ndirectory.id={}\nnode.id={}\nversion=1\n",
                     identity.cluster_id, identity.directory_id.to_string(), identity.node);
}

outcome<directory_identity> decode_meta_properties(std::string_view text) {
  auto found = parse_properties(text);
  auto version = parse_number<int>(found["version"]);
  if (!version) return fault{error_code::corrupt_message, "meta.properties has no version"};
  if (*version > 1 || *version < 0) {
    return fault{error_code::unsupported_version,
                 fmt::format("meta.properties has version {}, newer than 1", *version)};
  }
  const auto& id_text = *version == 0 ? found["broker.id"] : found["node.id"];
  auto node = parse_number<broker_id>(id_text);
  if (!node && !(id_text.empty() && *version == 0)) {
    return fault{error_code::corrupt_message, "meta.properties has no node id"};
  }
  directory_identity identity{found["cluster.id"], node.value_or(no_broker), {}};
  const auto& directory = found["directory.id"];
  if (directory.empty()) return identity;
  auto id = uuid::parse(directory);
  if (!id) return fault{error_code::corrupt_message, "meta.properties has a bad directory.id"};
  identity.directory_id = *id;
  return identity;
}

outcome<std::unique_ptr<log_directory>> log_directory::open(file_system& disk, std::string path,
                                                            const directory_terms& terms) {
  std::unique_ptr<log_directory> opened(new log_directory(disk, std::move(path)));
  const auto steps = [&]() -> outcome<void> {
    OTTLA_TRY(disk.create_directories(opened->path_));
    auto lock = disk.lock(opened->inside(lock_file_name));
    if (!lock) return std::move(lock.error());
    opened->lock_ = std::move(*lock);
    OTTLA_TRY(opened->check_identity(terms));
    if (opened->is_new_) {
      auto synced = disk.sync_directory(parent_path(opened->path_));
      if (!synced) opened->notes_.push_back(synced.error().message);
    }
    OTTLA_TRY(opened->judge_last_run());
    OTTLA_TRY(opened->load_checkpoints());
    return opened->begin_run(terms.incarnation);
  };
  auto done = steps();
  if (!done) {
    done.error().message = fmt::format("log directory {}: {}", opened->path_, done.error().message);
    return std::move(done.error());
  }
  return opened;
}

outcome<void> log_directory::check_identity(const directory_terms& terms) {
  auto text = read_if_there(disk_, inside(meta_properties_name));
  if (!text) return std::move(text.error());
  if (*text) {
    auto identity = decode_meta_properties(**text);
    if (!identity) return std::move(identity.error());
    identity_ = *identity;
  }
  is_new_ = !*text;
  const auto& ours = identity_.cluster_id;
  if (!ours.empty() && !terms.cluster_id.empty() && ours != terms.cluster_id) {
    return fault{error_code::inconsistent_cluster_id,
                 fmt::format("belongs to cluster {}, not to {}", ours, terms.cluster_id)};
  }
  if (!is_new_ && identity_.node != no_broker && identity_.node != terms.node) {
    return fault{error_code::inconsistent_cluster_id,
                 fmt::format("belongs to node {}, not to {}", identity_.node, terms.node)};
  }
  directory_identity wanted = identity_;
  if (wanted.cluster_id.empty()) wanted.cluster_id = terms.cluster_id;
  wanted.node = terms.node;
  if (wanted.directory_id.is_zero()) wanted.directory_id = terms.fresh_directory_id;
  if (!is_new_ && wanted == identity_) return {};
  identity_ = std::move(wanted);
  return write_file(disk_, inside(meta_properties_name), encode_meta_properties(identity_),
                    sync_time::now);
}

outcome<void> log_directory::judge_last_run() {
  auto marker = read_if_there(disk_, inside(run_marker_name));
  if (!marker) return std::move(marker.error());
  auto error_flag = read_if_there(disk_, inside(storage_error_name));
  if (!error_flag) return std::move(error_flag.error());
  auto mount = disk_.identify_mount(path_);
  if (!mount) return std::move(mount.error());

  if (*error_flag) {
    auto body = unseal_text(error_kind, error_version, **error_flag);
    if (!body && body.error().code == error_code::unsupported_version) {
      return std::move(body.error());
    }
    if (!body) storage_errors_.push_back(identity_.directory_id);  // torn: fear the worst
    text_lines lines(body ? std::string_view(*body) : std::string_view{});
    while (auto line = lines.next()) {
      if (auto id = uuid::parse(*line)) storage_errors_.push_back(*id);
    }
  }
  for (const auto& id : storage_errors_) {
    if (id == identity_.directory_id) distrusted_ = true;
  }
  auto was_clean = disk_.exists(inside(clean_shutdown_name));
  if (!was_clean) return std::move(was_clean.error());
  last_ = last_shutdown::machine_crash;
  auto body =
      *marker ? unseal_text(marker_kind, marker_version, **marker) : outcome<std::string>{""};
  if (!body && body.error().code == error_code::unsupported_version) return std::move(body.error());
  auto found = body ? parse_properties(*body) : decltype(parse_properties("")){};
  previous_incarnation_ = uuid::parse(found["incarnation"]).value_or(uuid{});
  if (distrusted_) return {};
  // A directory without a marker is new, or Kafka's: it was at rest if Kafka says so.
  if (*was_clean || (is_new_ && !*marker)) {
    last_ = last_shutdown::clean;
    return {};
  }
  // Without a marker the run was another program's; or ours, and somebody took the marker away.
  is_foreign_ = !*marker || found.contains("foreign");
  if (!*marker || !body) return {};
  // The run before that one met a crash of the machine, and did not live to mend it.
  if (found.contains("unrecovered")) return {};
  if (found["boot"] == mount->boot_id && found["mount"] == mount->mount_id) {
    last_ = last_shutdown::process_crash;
  }
  return {};
}

outcome<void> log_directory::write_marker() {
  auto mount = disk_.identify_mount(path_);
  if (!mount) return std::move(mount.error());
  const auto body = marker_body(incarnation_, *mount, unrecovered_, is_foreign_);
  return write_file(disk_, inside(run_marker_name), seal_text(marker_kind, marker_version, body),
                    sync_time::now);
}

outcome<void> log_directory::begin_run(const uuid& incarnation) {
  incarnation_ = incarnation;
  unrecovered_ = last_ == last_shutdown::machine_crash;
  // The marker first: after a crash in between the clean file still tells the truth.
  auto marked = write_marker();
  // On a full disk the last run's marker stays. It tells the truth as well: only its boot and mount
  // count, and without one a crash is taken for one of the machine.
  if (!marked && !is_passing(marked.error())) return marked;
  if (!marked) notes_.push_back(marked.error().message);
  auto removed = remove_if_there(disk_, inside(clean_shutdown_name));
  if (!removed) return std::move(removed.error());
  if (*removed) return disk_.sync_directory(path_);
  return {};
}

outcome<void> log_directory::load_checkpoints() {
  const auto load = [&](offset_checkpoint& into, std::string_view name) -> outcome<void> {
    auto loaded = load_offset_checkpoint(disk_, inside(name));
    if (loaded) {
      into = std::move(*loaded);
      return {};
    }
    // A bad checkpoint is not fatal: without recovery points everything is scanned.
    if (loaded.error().code != error_code::corrupt_message) return std::move(loaded.error());
    notes_.push_back(fmt::format("{} is bad and was ignored", name));
    if (name == recovery_point_name) last_ = last_shutdown::machine_crash;
    return {};
  };
  OTTLA_TRY(load(recovery_points_, recovery_point_name));
  OTTLA_TRY(load(high_watermarks_, high_watermark_name));
  OTTLA_TRY(load(log_starts_, log_start_name));
  return load(clean_points_, cleaner_name);
}

outcome<std::vector<found_partition>> log_directory::partitions() {
  auto entries = disk_.list(path_);
  if (!entries) return std::move(entries.error());
  std::vector<found_partition> found;
  for (const auto& entry : *entries) {
    auto name = parse_partition_directory(entry.name);
    if (!entry.is_directory || !name) continue;
    found_partition partition{inside(entry.name), std::move(*name), std::nullopt};
    auto text = read_if_there(disk_, join_path(partition.path, partition_metadata_name));
    if (!text) return std::move(text.error());
    if (*text) {
      auto id = decode_partition_metadata(**text);
      if (id) partition.topic_id = *id;
    }
    found.push_back(std::move(partition));
  }
  return found;
}

recovery_context log_directory::context_for(const topic_partition& which,
                                            timestamp_ms now_ms) const {
  const auto offset_in = [&](const offset_checkpoint& offsets) {
    auto found = offsets.find(which);
    return found == offsets.end() ? log_offset{0} : found->second;
  };
  return {last_, offset_in(recovery_points_), offset_in(log_starts_), now_ms, is_foreign_};
}

outcome<std::string> log_directory::create_partition(const topic_partition& which,
                                                     const uuid& topic_id, sync_time when) {
  std::string directory = inside(partition_directory({which, partition_directory_kind::live}));
  OTTLA_TRY(disk_.create_directories(directory));
  OTTLA_TRY(write_file(disk_, join_path(directory, partition_metadata_name),
                       encode_partition_metadata(topic_id), when));
  if (when == sync_time::now) OTTLA_TRY(sync_creations());
  return directory;
}

outcome<void> log_directory::sync_creations() {
  return disk_.sync_directory(path_);
}

outcome<std::string> log_directory::create_future(const topic_partition& which,
                                                  const uuid& unique) {
  auto path =
      inside(partition_directory({which, partition_directory_kind::future}, digits_of(unique)));
  OTTLA_TRY(disk_.create_directories(path));
  return path;
}

outcome<std::string> log_directory::install(const std::string& future_path) {
  auto parsed = parse_partition_directory(future_path.substr(future_path.rfind('/') + 1));
  if (!parsed || parsed->kind != partition_directory_kind::future) {
    return fault{error_code::invalid_request, fmt::format("{} is no copy", future_path)};
  }
  parsed->kind = partition_directory_kind::live;
  std::string target = inside(partition_directory(*parsed));
  OTTLA_TRY(disk_.rename(future_path, target));
  auto synced = disk_.sync_directory(path_);
  // Which name it has is not known any more: nothing that could pass by itself.
  if (!synced) return fault{error_code::kafka_storage_error, synced.error().message, EIO};
  return target;
}

outcome<std::string> log_directory::set_aside(const std::string& partition_path,
                                              partition_directory_kind kind, const uuid& unique) {
  const std::string_view name =
      std::string_view(partition_path).substr(partition_path.rfind('/') + 1);
  auto parsed = parse_partition_directory(name);
  if (!parsed) {
    return fault{error_code::invalid_request, fmt::format("{} is no partition", partition_path)};
  }
  parsed->kind = kind;
  std::string target = inside(partition_directory(*parsed, digits_of(unique)));
  OTTLA_TRY(disk_.rename(partition_path, target));
  OTTLA_TRY(disk_.sync_directory(path_));
  return target;
}

outcome<void> log_directory::save(offset_checkpoint& kept, std::string_view name,
                                  offset_checkpoint offsets) {
  if (offsets == kept) return {};
  OTTLA_TRY(save_offset_checkpoint(disk_, inside(name), offsets));
  kept = std::move(offsets);
  return {};
}

outcome<void> log_directory::save_recovery_points(offset_checkpoint offsets) {
  return save(recovery_points_, recovery_point_name, std::move(offsets));
}

outcome<void> log_directory::save_high_watermarks(offset_checkpoint offsets) {
  return save(high_watermarks_, high_watermark_name, std::move(offsets));
}

outcome<void> log_directory::save_log_starts(offset_checkpoint offsets) {
  return save(log_starts_, log_start_name, std::move(offsets));
}

outcome<void> log_directory::save_clean_points(offset_checkpoint offsets) {
  return save(clean_points_, cleaner_name, std::move(offsets));
}

outcome<void> log_directory::forget(std::span<const topic_partition> which) {
  // Nearly always there is nothing to forget, and the checkpoints of many partitions are long.
  const auto forget_in = [&](offset_checkpoint& kept, std::string_view name) -> outcome<void> {
    const auto is_known = [&](const topic_partition& each) { return kept.contains(each); };
    if (std::none_of(which.begin(), which.end(), is_known)) return {};
    auto offsets = kept;
    for (const auto& each : which) offsets.erase(each);
    return save(kept, name, std::move(offsets));
  };
  OTTLA_TRY(forget_in(recovery_points_, recovery_point_name));
  OTTLA_TRY(forget_in(log_starts_, log_start_name));
  OTTLA_TRY(forget_in(clean_points_, cleaner_name));
  return forget_in(high_watermarks_, high_watermark_name);
}

outcome<void> log_directory::note_storage_error(const uuid& failed) {
  for (const auto& known : storage_errors_) {
    if (known == failed) return {};
  }
  storage_errors_.push_back(failed);
  return save_storage_errors();
}

outcome<void> log_directory::save_storage_errors() {
  std::string body;
  for (const auto& id : storage_errors_) body += id.to_string() + "\n";
  return write_file(disk_, inside(storage_error_name), seal_text(error_kind, error_version, body),
                    sync_time::now);
}

outcome<void> log_directory::forget_storage_errors(std::span<const uuid> recovered) {
  const bool is_ours =
      std::find(recovered.begin(), recovered.end(), identity_.directory_id) != recovered.end();
  if (is_ours && std::exchange(unrecovered_, false)) OTTLA_TRY(write_marker());
  const auto forgotten = std::erase_if(storage_errors_, [&](const uuid& id) {
    return std::find(recovered.begin(), recovered.end(), id) != recovered.end();
  });
  if (forgotten == 0) return {};
  if (!storage_errors_.empty()) return save_storage_errors();
  auto removed = remove_if_there(disk_, inside(storage_error_name));
  if (!removed) return std::move(removed.error());
  if (*removed) return disk_.sync_directory(path_);
  return {};
}

outcome<void> log_directory::mark_clean(int64_t broker_epoch) {
  if (unrecovered_) return {};
  return write_file(disk_, inside(clean_shutdown_name),
                    fmt::format("{{\"version\":0,\"brokerEpoch\":{}}}", broker_epoch),
                    sync_time::now);
}

}  // namespace ottla
