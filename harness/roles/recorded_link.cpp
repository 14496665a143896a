#include "harness/roles/recorded_link.h"

namespace hotgate::harness {

Result<> RecordedLink::send(std::span<const uint8_t> frame) {
  remember(SeenFrame::Direction::toGuest, frame);
  return link_.send(frame);
}

Result<std::optional<Frame>> RecordedLink::receive(Deadline deadline) {
  auto frame = link_.receive(deadline);
  if (frame && *frame)
    remember(SeenFrame::Direction::fromGuest, **frame);
  return frame;
}

std::vector<SeenFrame> RecordedLink::frames() const {
  const std::lock_guard lock(mutex_);
  return {frames_.begin(), frames_.end()};
}

void RecordedLink::remember(SeenFrame::Direction direction, std::span<const uint8_t> frame) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::lock_guard lock(mutex_);
  frames_.push_back(
      {direction, std::chrono::duration_cast<std::chrono::microseconds>(now), {frame.begin(), frame.end()}});
  bytes_ += frame.size();
  while (frames_.size() > mostFrames || bytes_ > mostBytes) {
    bytes_ -= frames_.front().bytes.size();
    frames_.pop_front();
  }
}

} // namespace hotgate::harness
