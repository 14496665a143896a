#include "harness/roles/link_hub.h"

#include <algorithm>

namespace hotgate::harness {
namespace {

constexpr size_t headerSize = 14; // of an Ethernet frame: destination, source, type
constexpr std::chrono::milliseconds look{50};

// A guest that makes addresses up does not fill our memory: what is not learned goes to everybody.
constexpr size_t learnedLimit = 1024;

} // namespace

LinkHub::LinkHub(std::vector<std::unique_ptr<Link>> guests) {
  for (std::unique_ptr<Link> &guest : guests) {
    ports_.push_back(std::make_unique<Port>());
    ports_.back()->link = std::move(guest);
  }
  for (size_t guest = 0; guest < ports_.size(); ++guest)
    threads_.emplace_back([this, guest] { serve(guest); });
}

LinkHub::~LinkHub() {
  ends_ = true;
  for (std::thread &thread : threads_)
    thread.join();
}

void LinkHub::serve(size_t guest) {
  Port &port = *ports_[guest];
  while (!ends_ && port.attached) {
    const auto frame = port.link->receive(after(look));
    if (!frame)
      port.attached = false;
    else if (*frame)
      forward(guest, **frame);
  }
}

std::optional<size_t> LinkHub::route(size_t from, std::span<const uint8_t> frame) {
  HardwareAddress destination{};
  HardwareAddress source{};
  std::copy_n(frame.begin(), destination.size(), destination.begin());
  std::copy_n(frame.begin() + destination.size(), source.size(), source.begin());
  const std::scoped_lock lock(learning_);
  if (behind_.size() < learnedLimit || behind_.contains(source))
    behind_[source] = from;
  const bool isGroup = (destination[0] & 1U) != 0; // broadcast and multicast
  const auto known = behind_.find(destination);
  return isGroup || known == behind_.end() ? std::nullopt : std::optional(known->second);
}

void LinkHub::forward(size_t from, std::span<const uint8_t> frame) {
  if (frame.size() < headerSize)
    return;
  const std::optional<size_t> to = route(from, frame);
  if (to) {
    if (*to != from)
      deliver(*to, frame);
    return;
  }
  for (size_t guest = 0; guest < ports_.size(); ++guest)
    if (guest != from)
      deliver(guest, frame);
  if (from != probe)
    deliver(probe, frame);
}

void LinkHub::deliver(size_t to, std::span<const uint8_t> frame) {
  if (to == probe) {
    const std::scoped_lock lock(queueing_);
    if (forProbe_.size() == queueLimit)
      forProbe_.pop_front();
    forProbe_.emplace_back(frame.begin(), frame.end());
    arrived_.notify_one();
    return;
  }
  Port &port = *ports_[to];
  const std::scoped_lock lock(port.sending);
  if (port.attached && !port.link->send(frame))
    port.attached = false;
}

Result<> LinkHub::send(std::span<const uint8_t> frame) {
  forward(probe, frame);
  return {};
}

Result<std::optional<Frame>> LinkHub::receive(Deadline deadline) {
  std::unique_lock lock(queueing_);
  if (!arrived_.wait_until(lock, deadline, [this] { return !forProbe_.empty(); }))
    return std::nullopt;
  Frame frame = std::move(forProbe_.front());
  forProbe_.pop_front();
  return frame;
}

} // namespace hotgate::harness
