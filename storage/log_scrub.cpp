#include "storage/log_scrub.hpp"

#include <algorithm>

namespace ottla {
namespace {

constexpr int64_t step_bytes = 1 << 20;

}  // namespace

log_scrub::log_scrub(partition_log& log)
    : disk_(log.handles().disk()), directory_(log.directory()) {
  const auto& segments = log.segments();
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool is_last = i + 1 == segments.size();
    sources_.push_back(
        {segments[i]->base_offset(), is_last ? log.log_end() : segments[i + 1]->base_offset(),
         segments[i]->size_bytes(), segments[i]->paths().front(), segments[i]->holes()});
  }
}

/// False: the segment is gone, deleted or compacted away.
outcome<bool> log_scrub::open_next() {
  auto& next = sources_.front();
  auto opened = disk_.open(next.path, open_mode::read_only);
  if (!opened && opened.error().code == error_code::resource_not_found) return false;
  if (!opened) return std::move(opened.error());
  open_.emplace(std::shared_ptr<const readable_file>(*opened), next.base, next.end, next.size,
                next.holes);
  return true;
}

quarantined_range log_scrub::range_of(const damaged_bytes& damage) const {
  const auto& where = sources_.front();
  return {where.base, damage.where.position, damage.where.length, damage.first,
          std::max(damage.next.value_or(where.end), damage.first + 1)};
}

outcome<log_scrub::progress> log_scrub::step() {
  progress made;
  while (made.bytes < step_bytes && !sources_.empty()) {
    if (!open_) {
      auto opened = open_next();
      if (!opened || !*opened) sources_.pop_front();
      if (!opened) return std::move(opened.error());
      if (!*opened) continue;
    }
    const int64_t before = open_->position();
    auto found = open_->next();
    if (!found) {
      open_.reset();
      sources_.pop_front();
      return std::move(found.error());
    }
    if (!*found) {
      open_.reset();
      sources_.pop_front();
      continue;
    }
    if (auto* damage = std::get_if<damaged_bytes>(&**found)) {
      made.damaged.push_back(range_of(*damage));
    }
    made.bytes += open_->position() - before;
  }
  made.done = sources_.empty();
  return made;
}

}  // namespace ottla
