// The witness of the defect that a KB mends: what to ask, and from which answer the defect is known. From lab.yaml.
#pragma once

#include <cstdint>
#include <string>

namespace hotgate::harness {

// A DISCOVER whose last option, 82, declares more bytes than the message has, and nothing behind it.
struct DhcpWitness {
  uint8_t declaredLength = 120;
  uint8_t present = 8;
};

struct Witness {
  std::string kind = "dhcp-relay-option";
  DhcpWitness relayOption;
  std::string exchange; // kind exchange: one of the role's clients'; a right answer is fixed, a wrong one vulnerable
};

} // namespace hotgate::harness
