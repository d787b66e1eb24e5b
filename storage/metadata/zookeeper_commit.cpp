#include "storage/metadata/zookeeper_commit.hpp"

#include <fmt/format.h>

#include "storage/metadata/zookeeper_root.hpp"

namespace ottla {
namespace {

using kind = store_write::kind;
using status = commit_result::status;

bool is_conflict(int code) {
  return code == ZNONODE || code == ZNODEEXISTS || code == ZBADVERSION || code == ZNOTEMPTY;
}

const char* text_of(const shared_bytes& value) {
  return value.empty() ? "" : reinterpret_cast<const char*>(value.data());
}

}  // namespace

// The client tells nobody which transaction created a node, but the version of a node that was set
// comes with the transaction that did it: so a commit that creates also sets the witness.
zookeeper_commit::zookeeper_commit(const std::vector<store_write>& steps, const std::string& root,
                                   const ACL_vector& acl) {
  paths_.reserve(steps.size() + 1);
  steps_.reserve(steps.size() + 1);
  for (const auto& step : steps) {
    paths_.push_back(root + step.path);
    values_.push_back(step.value);
    add(step, acl);
    bytes_ += step_bytes(step) + root.size();
  }
  if (creates_) {
    paths_.push_back(root + zookeeper_witness_name);
    zoo_set_op_init(&steps_.emplace_back(), paths_.back().c_str(), "", 0, any_version, &witness_);
  }
  results_.resize(steps_.size());
}

void zookeeper_commit::add(const store_write& step, const ACL_vector& acl) {
  auto& op = steps_.emplace_back();
  const auto* path = paths_.back().c_str();
  auto size = static_cast<int>(step.value.size());
  switch (step.what) {
    case kind::check:
      zoo_check_op_init(&op, path, step.version);
      return;
    case kind::create:
    case kind::create_ephemeral:
      creates_ = true;
      zoo_create_op_init(&op, path, text_of(step.value), size, &acl,
                         step.what == kind::create ? ZOO_PERSISTENT : ZOO_EPHEMERAL, nullptr, 0);
      return;
    case kind::set:
      zoo_set_op_init(&op, path, text_of(step.value), size, step.version, nullptr);
      return;
    case kind::remove:
      zoo_delete_op_init(&op, path, step.version);
      return;
  }
}

commit_result zookeeper_commit::judge(int code) const {
  if (code == ZOK) return {.what = status::committed, .id = creates_ ? witness_.mzxid : 0};
  if (is_unknown_outcome(code)) return {.what = status::unknown, .message = zerror(code)};
  commit_result result{.what = is_conflict(code) ? status::conflict : status::refused};
  // Steps before the one at fault have no error, those after it ZRUNTIMEINCONSISTENCY.
  while (result.conflicting_step + 1 < results_.size() &&
         results_[result.conflicting_step].err != code) {
    ++result.conflicting_step;
  }
  result.message = fmt::format("{}: {}", paths_[result.conflicting_step], zerror(code));
  return result;
}

}  // namespace ottla
