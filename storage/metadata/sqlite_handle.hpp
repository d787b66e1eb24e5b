// Owning handles for SQLite's connection and statements, for the sources of this folder only.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "protocol/assert.hpp"
#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

struct sqlite_closer {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using sqlite_connection = std::unique_ptr<sqlite3, sqlite_closer>;

/// A prepared statement. bind_*() from 1, then step() until it is not a row; reset() rearms it.
class sqlite_statement {
public:
  sqlite_statement() = default;
  /// `sql` must be correct: it is ours.
  sqlite_statement(sqlite3* db, std::string_view sql) {
    sqlite3_stmt* made = nullptr;
    prepared_ = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                   SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    handle_.reset(made);
  }
  [[nodiscard]] int prepared() const { return prepared_; }

  void bind_text(int at, std::string_view text) {
    sqlite3_bind_text(handle_.get(), at, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
  }
  void bind_int(int at, int64_t value) { sqlite3_bind_int64(handle_.get(), at, value); }
  /// The bytes must stay until reset().
  void bind_blob(int at, std::span<const std::byte> bytes) {
    sqlite3_bind_blob64(handle_.get(), at,
                        bytes.empty() ? "" : static_cast<const void*>(bytes.data()), bytes.size(),
                        SQLITE_STATIC);
  }
  /// SQLITE_ROW, SQLITE_DONE or an error.
  int step() { return sqlite3_step(handle_.get()); }
  /// For statements without rows: SQLITE_DONE or an error; rearms the statement.
  int run() {
    int result = step();
    reset();
    return result;
  }
  void reset() {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
  }

  [[nodiscard]] int64_t int_column(int at) const { return sqlite3_column_int64(handle_.get(), at); }
  [[nodiscard]] std::string_view text_column(int at) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), at));
    return text == nullptr
               ? std::string_view{}
               : std::string_view{text,
                                  static_cast<size_t>(sqlite3_column_bytes(handle_.get(), at))};
  }
  [[nodiscard]] shared_bytes blob_column(int at) const {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(handle_.get(), at));
    auto size = static_cast<size_t>(sqlite3_column_bytes(handle_.get(), at));
    return shared_bytes::copy_of(std::span{bytes, bytes == nullptr ? 0 : size});
  }

private:
  std::unique_ptr<sqlite3_stmt, sqlite_closer> handle_;
  int prepared_ = SQLITE_OK;
};

}  // namespace ottla
