#include "storage/segment_scrub.hpp"

#include <utility>

#include "storage/batch_search.hpp"

namespace ottla {

segment_scrub::segment_scrub(std::shared_ptr<const readable_file> source, log_offset first,
                             log_offset limit, int64_t end, std::span<const byte_range> holes)
    : source_(std::move(source)),
      limit_(limit),
      end_(end),
      scanner_(source_, 0, end, holes, batch_check::crc),
      expected_(first) {
  scanner_.expect_from(first);
}

outcome<std::optional<segment_scrub::finding>> segment_scrub::next() {
  auto batch = scanner_.next();
  if (!batch && batch_scanner::is_disk_fault(batch.error())) return std::move(batch.error());
  if (batch && !*batch) return std::optional<finding>{};
  if (batch && (*batch)->last_offset() < limit_) {
    expected_before_ = std::exchange(expected_, (*batch)->last_offset() + 1);
    previous_ = **batch;
    return std::optional<finding>{**batch};
  }
  if (batch) return bad_at((*batch)->position, "offsets behind the end of the segment");
  const int64_t position = scanner_.position();
  auto follower = contradicts_previous(position);
  if (!follower) return std::move(follower.error());
  if (!*follower) return bad_at(position, batch.error().message);
  const int64_t liar = std::exchange(previous_, std::nullopt)->position;
  scanner_.expect_from(expected_before_);
  return std::optional<finding>{damaged_bytes{
      {liar, position - liar}, expected_before_, (*follower)->base_offset(), "wrong offsets"}};
}

outcome<std::optional<segment_scrub::finding>> segment_scrub::bad_at(int64_t position,
                                                                     std::string why) {
  auto resume = find_valid_batch(*source_, position + 1, end_, {expected_, limit_});
  if (!resume) return std::move(resume.error());
  const int64_t good = *resume ? (*resume)->position : end_;
  damaged_bytes damage{{position, good - position}, expected_, std::nullopt, std::move(why)};
  if (*resume) damage.next = (*resume)->base_offset();
  scanner_.seek(good);
  scanner_.expect_from(expected_);
  return std::optional<finding>{std::move(damage)};
}

/// The batch at `position`, if it is good but for the previous one, which left a gap before itself.
outcome<std::optional<located_batch>> segment_scrub::contradicts_previous(int64_t position) {
  if (!previous_ || previous_->base_offset() == expected_before_) {
    return std::optional<located_batch>{};
  }
  batch_scanner again(source_, position, end_, {}, batch_check::crc);
  again.expect_from(expected_before_ + 1);
  auto batch = again.next();
  if (!batch && batch_scanner::is_disk_fault(batch.error())) return std::move(batch.error());
  if (!batch || !*batch || (*batch)->last_offset() >= limit_) return std::optional<located_batch>{};
  return *batch;
}

}  // namespace ottla
