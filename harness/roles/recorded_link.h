// A link that remembers its last frames: what went over the wire when the service failed.
//
// Bounded by frames and by bytes, whatever a guest sends. One thread may send while another one receives.
#pragma once

#include "harness/roles/pcapng.h"

#include <deque>
#include <mutex>

namespace hotgate::harness {

class RecordedLink : public Link {
public:
  explicit RecordedLink(Link &link) : link_(link) {}
  Result<> send(std::span<const uint8_t> frame) override;
  Result<std::optional<Frame>> receive(Deadline deadline) override;

  // The last ones, the oldest first.
  [[nodiscard]] std::vector<SeenFrame> frames() const;

  static constexpr size_t mostFrames = 4096;
  static constexpr size_t mostBytes = size_t{4} << 20U;

private:
  void remember(SeenFrame::Direction direction, std::span<const uint8_t> frame);

  Link &link_;
  mutable std::mutex mutex_;
  std::deque<SeenFrame> frames_;
  size_t bytes_ = 0;
};

} // namespace hotgate::harness
