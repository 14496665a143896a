#include "harness/client/frame_relay.h"

namespace hotgate::harness {
namespace {

constexpr std::chrono::milliseconds slice{50}; // how long it takes to notice that it is to stop

} // namespace

FrameRelay::FrameRelay(Link &link, FileDescriptor device)
    : link_(link), device_(std::move(device)), toClients_([this] { toClients(); }), toGuest_([this] { toGuest(); }) {}

FrameRelay::~FrameRelay() {
  stopped_ = true;
  toClients_.join();
  toGuest_.join();
}

std::optional<Error> FrameRelay::fault() const {
  const std::scoped_lock lock(mutex_);
  return fault_;
}

void FrameRelay::stop(const Error &error) {
  const std::scoped_lock lock(mutex_);
  fault_ = error;
  stopped_ = true;
}

void FrameRelay::toClients() {
  while (!stopped_) {
    const auto frame = link_.receive(after(slice));
    if (!frame)
      return stop(frame.error());
    // A frame that the device does not take (too long, or it is gone with its clients) is lost, as on any wire.
    if (*frame)
      (void)device_.send(**frame);
  }
}

void FrameRelay::toGuest() {
  while (!stopped_) {
    const auto frame = device_.receive(after(slice));
    if (!frame)
      return; // the clients' namespace ended; who runs them knows
    if (!*frame)
      continue;
    if (auto sent = link_.send(**frame); !sent)
      return stop(sent.error());
  }
}

} // namespace hotgate::harness
