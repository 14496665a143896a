// Keeps a failing guest, once: at the run's first failure, by the run's own thread; or when somebody else says that the
// run takes too long, by another thread, wherever the run's is.
#pragma once

#include "harness/lab/guest.h"

#include <functional>
#include <mutex>

namespace hotgate::harness {

class GuestKeeper {
public:
  explicit GuestKeeper(KeepRequest request) : request_(std::move(request)) {}

  // By the run's thread: from now on there is this guest, until end().
  void begin(Guest &guest);
  void end();
  // By the run's thread, at its first failure.
  Result<> keepFailed();
  // By any other: also when the guest hangs, and with it the run's thread. Waits for a keeping that is under way;
  // nothing is done when the guest was kept before. A guest that is being saved stands still, and what the run makes of
  // that is no result: until `then` has returned, the run's thread neither ends with its guest nor begins with one.
  // `kept` is a fault when there is no guest.
  void keepLate(const std::function<void(const Result<> &kept)> &then);

private:
  Result<> keepNow();

  KeepRequest request_;
  std::mutex mutex_;
  Guest *guest_ = nullptr;
  bool isKept_ = false;
};

// A guest in the keeper's sight for as long as it lives.
class KeptInSight {
public:
  KeptInSight(GuestKeeper *keeper, Guest &guest) : keeper_(keeper) {
    if (keeper_ != nullptr)
      keeper_->begin(guest);
  }
  KeptInSight(const KeptInSight &) = delete;
  KeptInSight &operator=(const KeptInSight &) = delete;
  ~KeptInSight() {
    if (keeper_ != nullptr)
      keeper_->end();
  }

private:
  GuestKeeper *keeper_;
};

} // namespace hotgate::harness
