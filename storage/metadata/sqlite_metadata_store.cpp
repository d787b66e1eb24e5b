#include "storage/metadata/sqlite_metadata_store.hpp"

#include <fmt/format.h>

#include <array>
#include <set>

#include "storage/metadata/sqlite_handle.hpp"

namespace ottla {
namespace {

constexpr int application_number = 0x4f74746c;  // "Ottl", in the file's header.
constexpr int schema_version = 1;

constexpr const char* schema = R"(
  CREATE TABLE nodes (path TEXT PRIMARY KEY, version INTEGER NOT NULL, created INTEGER NOT NULL,
                      ephemeral INTEGER NOT NULL, value BLOB NOT NULL);
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO counters VALUES ('last_commit', 0);
)";

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

class sqlite_metadata_store final : public metadata_store {
public:
  sqlite_metadata_store(sqlite_connection db, std::string path, store_executor executor)
      : db_(std::move(db)),
        path_(std::move(path)),
        executor_(std::move(executor)),
        find_(db_.get(), "SELECT version, created, value FROM nodes WHERE path = ?1"),
        find_version_(db_.get(), "SELECT version FROM nodes WHERE path = ?1"),
        // '0' follows '/': the range holds all that is below the path.
        below_(db_.get(), "SELECT path FROM nodes WHERE path > ?1 || '/' AND path < ?1 || '0'"),
        insert_(db_.get(), "INSERT INTO nodes VALUES (?1, 0, ?2, ?3, ?4)"),
        update_(db_.get(), "UPDATE nodes SET version = version + 1, value = ?2 WHERE path = ?1"),
        delete_(db_.get(), "DELETE FROM nodes WHERE path = ?1"),
        next_id_(
            db_.get(),
            "UPDATE counters SET value = value + 1 WHERE name = 'last_commit' RETURNING value") {}

  void start(store_events events) override {
    events_ = std::move(events);
    open_ = true;
    executor_([report = events_.session] { report(session_event::connected); });
  }

  // The ephemeral nodes go now if the disk lets us, and at the next open in any case.
  void close() override {
    if (!open_) return;
    open_ = false;
    sqlite3_exec(db_.get(), "DELETE FROM nodes WHERE ephemeral = 1", nullptr, nullptr, nullptr);
    sqlite3_exec(db_.get(), "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr);
  }

  void read(std::vector<std::string> paths, nodes_callback done) override {
    answer(std::move(done), open_ ? read_all(paths) : closed());
  }

  void list(std::string path, names_callback done) override {
    answer(std::move(done), open_ ? names_below(path) : closed());
  }

  void commit(std::vector<store_write> steps, commit_callback done) override {
    auto result = open_ ? commit_all(steps) : refused(closed().message);
    if (result.committed()) report_changes(steps);
    answer(std::move(done), std::move(result));
  }

  void sync(sync_callback done) override {
    answer(std::move(done), open_ ? outcome<void>{} : closed());
  }

  void watch(std::string path) override { watched_.insert(std::move(path)); }
  void watch_children(std::string path) override { watched_parents_.insert(std::move(path)); }

private:
  using status = commit_result::status;

  template <class Callback, class Result>
  void answer(Callback done, Result result) {
    executor_([done = std::move(done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  }

  fault closed() const {
    return {error_code::broker_not_available, fmt::format("{} is closed", path_)};
  }

  fault trouble(int code) const {
    return {error_code::kafka_storage_error,
            fmt::format("{}: {} ({})", path_, sqlite3_errmsg(db_.get()), sqlite3_errstr(code)),
            sqlite3_system_errno(db_.get())};
  }

  static commit_result refused(std::string why) {
    return {.what = status::refused, .message = std::move(why)};
  }

  outcome<std::vector<stored_node>> read_all(const std::vector<std::string>& paths) {
    std::vector<stored_node> nodes;
    nodes.reserve(paths.size());
    for (const auto& path : paths) {
      stored_node node{.path = path};
      find_.bind_text(1, path);
      int code = find_.step();
      if (code == SQLITE_ROW) {
        node.version = static_cast<node_version>(find_.int_column(0));
        node.created = find_.int_column(1);
        node.value = find_.blob_column(2);
      }
      find_.reset();
      if (code != SQLITE_ROW && code != SQLITE_DONE) return trouble(code);
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

  outcome<std::vector<std::string>> names_below(const std::string& path) {
    std::vector<std::string> names;
    below_.bind_text(1, path);
    int code = below_.step();
    for (; code == SQLITE_ROW; code = below_.step()) {
      auto name = below_.text_column(0).substr(path.size() + 1);
      if (name.find('/') == std::string_view::npos) names.emplace_back(name);
    }
    below_.reset();
    if (code != SQLITE_DONE) return trouble(code);
    return names;
  }

  commit_result commit_all(const std::vector<store_write>& steps) {
    size_t bytes = 0;
    for (const auto& step : steps) bytes += step_bytes(step);
    if (bytes > commit_bytes_max) return refused(fmt::format("a commit of {} bytes", bytes));
    if (int code = execute("BEGIN IMMEDIATE"); code != SQLITE_OK)
      return refused(trouble(code).message);
    commit_result result{.what = status::committed};
    for (size_t at = 0; at < steps.size() && result.committed(); ++at) {
      apply(steps[at], result);
      if (result.what == status::conflict) result.conflicting_step = at;
    }
    if (!result.committed()) {
      execute("ROLLBACK");
      return result;
    }
    if (int code = execute("COMMIT"); code != SQLITE_OK) {
      // After a failed write or sync of the log nobody can say what a restart will find.
      result = {.what = status::unknown, .message = trouble(code).message};
      if (sqlite3_get_autocommit(db_.get()) == 0) {
        execute("ROLLBACK");
        result.what = status::refused;
      }
    }
    return result;
  }

  void apply(const store_write& step, commit_result& result) {
    auto stored = version_of(step.path);
    if (!stored) {
      result = refused(stored.error().message);
      return;
    }
    bool creates =
        step.what == store_write::kind::create || step.what == store_write::kind::create_ephemeral;
    bool fits = creates ? *stored == absent_version
                        : *stored != absent_version &&
                              (step.version == any_version || step.version == *stored);
    if (!fits) {
      result = {.what = status::conflict,
                .message = fmt::format("{} has version {}", step.path, *stored)};
      return;
    }
    int code = write(step, result);
    if (code != SQLITE_DONE) result = refused(trouble(code).message);
  }

  int write(const store_write& step, commit_result& result) {
    switch (step.what) {
      case store_write::kind::check:
        return SQLITE_DONE;
      case store_write::kind::create:
      case store_write::kind::create_ephemeral:
        if (result.id == 0) {
          int code = next_id_.step();
          if (code == SQLITE_ROW) result.id = next_id_.int_column(0);
          next_id_.reset();
          if (code != SQLITE_ROW) return code;
        }
        insert_.bind_text(1, step.path);
        insert_.bind_int(2, result.id);
        insert_.bind_int(3, step.what == store_write::kind::create_ephemeral ? 1 : 0);
        insert_.bind_blob(4, step.value.view());
        return insert_.run();
      case store_write::kind::set:
        update_.bind_text(1, step.path);
        update_.bind_blob(2, step.value.view());
        return update_.run();
      case store_write::kind::remove:
        delete_.bind_text(1, step.path);
        return delete_.run();
    }
    return SQLITE_MISUSE;
  }

  outcome<node_version> version_of(const std::string& path) {
    find_version_.bind_text(1, path);
    int code = find_version_.step();
    auto version = code == SQLITE_ROW ? static_cast<node_version>(find_version_.int_column(0))
                                      : absent_version;
    find_version_.reset();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return trouble(code);
    return version;
  }

  void report_changes(const std::vector<store_write>& steps) {
    for (const auto& step : steps) {
      if (step.what == store_write::kind::check) continue;
      if (watched_.erase(step.path) > 0) report(step.path);
      if (step.what == store_write::kind::set) continue;
      auto parent = parent_of(step.path);
      if (watched_parents_.erase(parent) > 0) report(parent);
    }
  }

  void report(const std::string& path) {
    executor_([changed = events_.changed, path] { changed(path); });
  }

  int execute(const char* sql) { return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr); }

  sqlite_connection db_;
  std::string path_;
  store_executor executor_;
  sqlite_statement find_, find_version_, below_, insert_, update_, delete_, next_id_;
  store_events events_;
  std::set<std::string> watched_, watched_parents_;
  bool open_ = false;
};

fault cannot_open(const std::string& path, sqlite3* db, int code) {
  if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
    return {error_code::kafka_storage_error, fmt::format("{} is in use by another process", path)};
  }
  return {error_code::kafka_storage_error,
          fmt::format("{} cannot be opened: {}", path,
                      db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db)),
          db == nullptr ? 0 : sqlite3_system_errno(db)};
}

outcome<int64_t> pragma(sqlite3* db, const std::string& path, std::string_view sql) {
  sqlite_statement statement(db, sql);
  if (statement.prepared() != SQLITE_OK) return cannot_open(path, db, statement.prepared());
  int code = statement.step();
  if (code == SQLITE_DONE) return int64_t{0};
  if (code != SQLITE_ROW) return cannot_open(path, db, code);
  return statement.int_column(0);
}

outcome<bool> is_our_file(sqlite3* db, const std::string& path) {
  auto objects = pragma(db, path, "SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects.error();
  if (*objects == 0) return false;
  auto application = pragma(db, path, "PRAGMA application_id");
  if (!application) return application.error();
  if (*application != application_number) {
    return fault{error_code::kafka_storage_error,
                 fmt::format("{} is a database of another program", path)};
  }
  auto version = pragma(db, path, "PRAGMA user_version");
  if (!version) return version.error();
  if (*version > schema_version) {
    return fault{
        error_code::unsupported_version,
        fmt::format("{} has format {}, written by a newer version; this one reads up to {}", path,
                    *version, schema_version)};
  }
  return true;
}

outcome<void> refuse_moved(sqlite3* db, const std::string& path) {
  sqlite_statement statement(db, "SELECT value FROM nodes WHERE path = ?1");
  if (statement.prepared() != SQLITE_OK) return cannot_open(path, db, statement.prepared());
  statement.bind_text(1, moved_node);
  int code = statement.step();
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW) return cannot_open(path, db, code);
  return fault{error_code::kafka_storage_error,
               fmt::format("the metadata in {} was moved: this node goes on with {} only (if the "
                           "move was cut short, `ottla cluster import-embedded` completes it)",
                           path, as_text(statement.blob_column(0).view()))};
}

}  // namespace

outcome<std::unique_ptr<metadata_store>> open_sqlite_metadata_store(const std::string& path,
                                                                    store_executor executor,
                                                                    moved_store moved) {
  sqlite3* opened = nullptr;
  int code =
      sqlite3_open_v2(path.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  sqlite_connection db(opened);
  if (code != SQLITE_OK) return cannot_open(path, db.get(), code);
  sqlite3_extended_result_codes(db.get(), 1);
  // Exclusive before WAL: the lock is held for good and there is no shared-memory file.
  for (const char* setting : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL",
                              "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = OFF"}) {
    if (auto set = pragma(db.get(), path, setting); !set) return set.error();
  }
  auto ours = is_our_file(db.get(), path);
  if (!ours) return ours.error();
  if (*ours && moved == moved_store::refuse) OTTLA_TRY(refuse_moved(db.get(), path));
  auto begin = *ours ? std::string{"BEGIN IMMEDIATE; DELETE FROM nodes WHERE ephemeral = 1; COMMIT"}
                     : fmt::format(
                           "BEGIN IMMEDIATE; PRAGMA application_id = {}; "
                           "PRAGMA user_version = {}; {} COMMIT",
                           application_number, schema_version, schema);
  code = sqlite3_exec(db.get(), begin.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return cannot_open(path, db.get(), code);
  return std::unique_ptr<metadata_store>(
      new sqlite_metadata_store(std::move(db), path, std::move(executor)));
}

}  // namespace ottla
