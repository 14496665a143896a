// Mutations for inputs of many KB, of which each byte has its own place: a few bytes change, nothing moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace hotgate::fuzz {

// Mutates up to 32 bytes: half the time among the first `dense` ones, where a byte decides most. Elsewhere stretches of
// zeros are mostly passed over: they are padding.
inline size_t mutateLocally(uint8_t *data, size_t size, size_t maxSize, size_t dense, unsigned seed) {
  std::minstd_rand random(seed);
  constexpr size_t longest = 32;
  if (size <= longest || random() % 32 == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  const size_t range = random() % 2 == 0 && dense < size ? dense : size - longest;
  size_t offset = random() % range;
  for (int tries = 0; tries < 16 && data[offset] == 0; ++tries)
    offset = random() % range;
  const size_t window = 1 + random() % longest;
  LLVMFuzzerMutate(data + offset, window, window);
  return size;
}

} // namespace hotgate::fuzz
