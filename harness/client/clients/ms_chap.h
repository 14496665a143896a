// MS-CHAPv2 (RFC 2759): what a client answers to its server's challenge, and what the server must prove in return.
//
// MD4 and DES are the protocol's; they come from OpenSSL's legacy provider, in a library context of their own.
#pragma once

#include "support/result.h"

#include <array>
#include <cstdint>
#include <string>

namespace hotgate::harness {

struct MsChapChallenges {
  std::array<uint8_t, 16> server{};
  std::array<uint8_t, 16> client{};
};

struct MsChapAnswer {
  std::array<uint8_t, 24> response{};
  std::string proof; // "S=" and 40 hexadecimal digits: what only a server that knows the password can say
};

// Passwords of ASCII only. Errors: fault, when OpenSSL has no legacy provider.
Result<MsChapAnswer> answerMsChap(const std::string &user, const std::string &password,
                                  const MsChapChallenges &challenges);

} // namespace hotgate::harness
