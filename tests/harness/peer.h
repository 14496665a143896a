// The other end of a channel in tests: a scripted guest that talks over a real socket pair.
#pragma once

#include "harness/vm/file_descriptor.h"

#include <functional>
#include <string>
#include <thread>

namespace hotgate::harness {

class Peer {
public:
  // `script` runs on a thread with the peer's end; the end closes when it returns.
  explicit Peer(std::function<void(Peer &)> script);
  ~Peer() { thread_.join(); }
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;

  [[nodiscard]] FileDescriptor takeOtherEnd() { return std::move(ours_); }

  // For the script. "" when the other side closed.
  std::string readLine();
  // False when the other side closed.
  bool write(const std::string &bytes);

private:
  FileDescriptor ours_;
  FileDescriptor theirs_;
  std::string received_;
  std::thread thread_;
};

} // namespace hotgate::harness
