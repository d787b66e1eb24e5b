// The rules that keep acknowledged records, by name, so that tests can take one away at a time and
// must then fail. The product always keeps all of them: the check is a constant.
//
// Tests compile the code under test with OTTLA_MUTANTS and say which rule is missing.
#pragma once

#include <cstdint>

namespace ottla {

enum class safety_rule : uint8_t {
  /// The high watermark stands still while the ISR is smaller than min.insync.replicas (KIP-966).
  high_watermark_needs_min_insync,
  /// A replica that was proposed for the ISR holds the high watermark back until the answer
  /// (KIP-497).
  proposed_member_counts,
  /// A replica that is proposed to leave the ISR holds it back until the answer.
  leaving_member_counts,
  /// An unknown answer to a proposal is not a refusal.
  unknown_answer_counts,
  /// A replica joins the ISR only with everything up to where the leader epoch began (KIP-279).
  join_from_epoch_start,
  /// A replica joins only in the incarnation that fetched (KIP-903).
  join_with_present_incarnation,
  /// What a leader knew of its followers ends with its leader epoch.
  followers_begin_anew,
  /// A partition record is applied only if it is newer than the one before (F3).
  newer_record_only,
  /// Level fsync: the leader counts with what it has flushed.
  leader_counts_flushed,
  /// A follower whose log parts from the leader's does not count (KIP-101, 279, 320).
  diverging_fetch_does_not_count,
  /// A follower applies an answer only if epoch and position are those of the question (F5).
  answer_fits_question,
};

#ifdef OTTLA_MUTANTS
bool is_kept(safety_rule rule);
#else
constexpr bool is_kept(safety_rule) {
  return true;
}
#endif

}  // namespace ottla
