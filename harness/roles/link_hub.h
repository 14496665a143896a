// Several guests on one wire, and the probe with them: a switch in memory. It learns which hardware addresses are
// behind which guest, sends a frame there alone, and to everybody when it does not know (broadcast, and the first
// frame).
//
// Guests talk to each other also while nobody asks for the probe's frames. A guest whose link is gone, or that takes no
// frames for seconds, is off the wire: that is what a test of failover does to it, and the others go on.
//
// Limits: no spanning tree, no VLANs; at most queueLimit frames wait for the probe, the oldest are dropped.
#pragma once

#include "harness/roles/link.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace hotgate::harness {

class LinkHub : public Link {
public:
  static constexpr size_t queueLimit = 4096;

  explicit LinkHub(std::vector<std::unique_ptr<Link>> guests);
  ~LinkHub() override;
  LinkHub(const LinkHub &) = delete;
  LinkHub &operator=(const LinkHub &) = delete;

  // The probe's end of the wire.
  Result<> send(std::span<const uint8_t> frame) override;
  Result<std::optional<Frame>> receive(Deadline deadline) override;

  [[nodiscard]] bool isAttached(size_t guest) const { return ports_[guest]->attached; }

private:
  using HardwareAddress = std::array<uint8_t, 6>;
  static constexpr size_t probe = SIZE_MAX; // in place of a guest's number

  struct Port {
    std::unique_ptr<Link> link;
    std::mutex sending;
    std::atomic<bool> attached = true;
  };

  void serve(size_t guest);
  void forward(size_t from, std::span<const uint8_t> frame);
  // Where the frame goes, having learned where it came from: one place, or nullopt for everybody else.
  std::optional<size_t> route(size_t from, std::span<const uint8_t> frame);
  void deliver(size_t to, std::span<const uint8_t> frame);

  std::vector<std::unique_ptr<Port>> ports_;
  std::mutex learning_;
  std::map<HardwareAddress, size_t> behind_;
  std::mutex queueing_;
  std::condition_variable arrived_;
  std::deque<Frame> forProbe_;
  std::atomic<bool> ends_ = false;
  std::vector<std::thread> threads_; // one a guest
};

} // namespace hotgate::harness
