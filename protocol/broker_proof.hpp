// How a broker proves to another one that both belong to the same cluster: an HMAC-SHA256 with the
// secret of the cluster over who talks to whom and a number that each side has drawn.
//
// Each direction has a proof of its own, so that none can be sent back as an answer.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// Who calls whom, and the numbers drawn for this connection.
struct broker_greeting {
  broker_id caller = no_broker;
  int64_t caller_epoch = -1;
  broker_id called = no_broker;
  shared_bytes caller_nonce;
  shared_bytes called_nonce;
};

enum class proof_direction : uint8_t { from_caller = 1, from_called = 2 };

inline constexpr size_t nonce_bytes = 32;
inline constexpr size_t secret_bytes_min = 32;

/// The proof of one side.
shared_bytes prove(const std::string& secret, const broker_greeting& greeting,
                   proof_direction direction);
/// Whether `proof` is that one; takes as long for a wrong one as for the right one.
bool is_proof(const shared_bytes& proof, const std::string& secret, const broker_greeting& greeting,
              proof_direction direction);

}  // namespace ottla
