// A commit as one multi of ZooKeeper: its steps, and what the answer says about them.
//
// For the sources of this folder only; plain values around the client's structs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/metadata/zookeeper_handle.hpp"

namespace ottla {

/// Lives until the answer, because the client writes the results into it.
class zookeeper_commit {
public:
  /// Paths are below `root`. `acl` must outlive the commit.
  zookeeper_commit(const std::vector<store_write>& steps, const std::string& root,
                   const ACL_vector& acl);
  zookeeper_commit(const zookeeper_commit&) = delete;
  zookeeper_commit& operator=(const zookeeper_commit&) = delete;

  /// Bytes of the request, a little more than it has.
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<zoo_op_t>& steps() const { return steps_; }
  zoo_op_result_t* results() { return results_.data(); }
  /// What `code`, the client's answer, means.
  [[nodiscard]] commit_result judge(int code) const;

private:
  void add(const store_write& step, const ACL_vector& acl);

  std::vector<std::string> paths_;
  std::vector<shared_bytes> values_;
  std::vector<zoo_op_t> steps_;
  std::vector<zoo_op_result_t> results_;
  Stat witness_{};
  bool creates_ = false;
  size_t bytes_ = 0;
};

}  // namespace ottla
