#include "harness/lab/guest_keeper.h"

namespace hotgate::harness {

void GuestKeeper::begin(Guest &guest) {
  const std::lock_guard lock(mutex_);
  guest_ = &guest;
}

void GuestKeeper::end() {
  const std::lock_guard lock(mutex_);
  guest_ = nullptr;
}

Result<> GuestKeeper::keepFailed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(isKept_, true) ? Result<>() : guest_->keep(request_);
}

void GuestKeeper::keepLate(const std::function<void(const Result<> &kept)> &then) {
  const std::lock_guard lock(mutex_);
  then(keepNow());
}

Result<> GuestKeeper::keepNow() {
  if (isKept_)
    return {};
  if (guest_ == nullptr)
    return failFault("guest", "", "the job had no guest at that moment", "raise time_limit, or run it alone");
  isKept_ = true;
  return guest_->keepBusy(request_);
}

} // namespace hotgate::harness
