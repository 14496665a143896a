// How much a session may transfer.
#include "broker.h"

void BeginQuota(Quota *quota, uint32_t kind, uint32_t weight, uint64_t limit) {
  quota->kind = kind;
  quota->weight = weight;
  quota->burst = weight * 4;
  quota->limited = limit != 0;
  quota->used = 0;
  quota->limit = limit;
}

bool TakeQuota(Quota *quota, uint32_t amount) {
  if (quota->limited && quota->used + uint64_t{amount} * quota->weight > quota->limit + quota->burst)
    return false;
  quota->used += amount * quota->weight;
  return true;
}

void RefillQuota(Quota *quota, uint64_t elapsed) {
  const uint64_t step = elapsed * quota->weight;
  quota->used = step > quota->used ? 0 : static_cast<uint32_t>(quota->used - step);
  if (quota->kind == 2 && quota->burst < 4000)
    quota->burst = quota->burst + 16;
}

uint64_t QuotaLeft(const Quota *quota) {
  if (!quota->limited)
    return ~0ULL;
  return quota->limit > quota->used ? quota->limit - quota->used + quota->burst : quota->burst;
}
