// What commands print: tables for people, JSON for programs, messages for standard error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"

namespace ottla {

enum class alignment : uint8_t { left, right };

/// Rows under headings, each column as wide as its widest cell.
class text_table {
public:
  struct column {
    std::string title;
    alignment align = alignment::left;
  };

  explicit text_table(std::vector<column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// Two blanks between columns, none at the end of a line. Nothing at all without rows.
  [[nodiscard]] std::string to_text() const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// 1234567 -> "1,234,567".
std::string with_separators(int64_t number);
/// 1536 -> "1.5 KiB".
std::string readable_bytes(int64_t bytes);
/// 90061000 -> "1d 1h"; for ages and retention.
std::string readable_duration(int64_t milliseconds);

/// Opens a place for standard input, output and error where the caller closed them, so that no
/// connection or file gets their number; and makes a reader that went away an error, not a signal.
void prepare_output();
/// Writes to standard output, buffered; false once that has failed or nobody reads it any more: a
/// reason to stop early, never an exit code. What has failed is finish_output's to say.
bool put(std::string_view text);
/// The same, and everything written so far becomes visible.
bool print(std::string_view text);
/// The exit code of the program: `exit_code`, but exit_failed where output was lost. A reader that
/// has seen enough (`ottla consume ... | head -1`) is no failure.
int finish_output(int exit_code);
/// "ottla: message" on standard error; returns exit_failed.
int report(std::string_view message);
int report(const fault& why);
/// The same with exit_usage.
int report_usage(std::string_view message);
/// Reports everything that failed; an empty message then only makes the exit code.
outcome<void> report_all(const std::vector<fault>& faults);
/// Where `texts` of a repeated option are not all "key=value": what to say. Else empty.
std::string wrong_pairs(std::string_view option, const std::vector<std::string>& texts);
/// "1 topic", "2 topics".
std::string counted(int64_t number, std::string_view thing);

/// Asks on the terminal; false without one, or for any answer but y or yes.
bool confirm(std::string_view question);

}  // namespace ottla
