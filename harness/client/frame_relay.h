// Carries frames between the guest's link and the clients' network device, both ways, as long as it lives. All of them
// go through the harness' process, so that whoever stands before the Link sees each one.
#pragma once

#include "harness/roles/tap_link.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace hotgate::harness {

class FrameRelay {
public:
  // `link` outlives it.
  FrameRelay(Link &link, FileDescriptor device);
  ~FrameRelay();
  FrameRelay(const FrameRelay &) = delete;
  FrameRelay &operator=(const FrameRelay &) = delete;

  // What happened to the guest's link: then nothing that is unanswered is the server's doing.
  [[nodiscard]] std::optional<Error> fault() const;

private:
  void toClients();
  void toGuest();
  void stop(const Error &error);

  Link &link_;
  TapLink device_;
  std::atomic<bool> stopped_ = false;
  mutable std::mutex mutex_;
  std::optional<Error> fault_; // under mutex_
  std::thread toClients_;
  std::thread toGuest_;
};

} // namespace hotgate::harness
