#include "protocol/broker_proof.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "protocol/assert.hpp"
#include "protocol/wire_writer.hpp"

namespace ottla {
namespace {

constexpr size_t digest_bytes = 32;
using digest = std::array<unsigned char, digest_bytes>;

const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

digest digest_of(const std::string& secret, const broker_greeting& greeting,
                 proof_direction direction) {
  wire_writer text;
  text.string("ottla broker");
  text.int8(static_cast<int8_t>(direction));
  text.int32(greeting.caller);
  text.int64(greeting.caller_epoch);
  text.int32(greeting.called);
  text.bytes(greeting.caller_nonce.view());
  text.bytes(greeting.called_nonce.view());
  const auto all = text.finish_flat();
  digest made{};
  unsigned int size = 0;
  const auto* ended = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                           raw(all.view()), all.size(), made.data(), &size);
  OTTLA_ASSERT(ended != nullptr && size == made.size());
  return made;
}

}  // namespace

shared_bytes prove(const std::string& secret, const broker_greeting& greeting,
                   proof_direction direction) {
  const auto made = digest_of(secret, greeting, direction);
  return shared_bytes::copy_of(std::as_bytes(std::span{made}));
}

bool is_proof(const shared_bytes& proof, const std::string& secret, const broker_greeting& greeting,
              proof_direction direction) {
  const auto right = digest_of(secret, greeting, direction);
  return proof.size() == right.size() &&
         CRYPTO_memcmp(raw(proof.view()), right.data(), right.size()) == 0;
}

}  // namespace ottla
