// A file descriptor that closes itself, and connected pairs of them.
//
// Every channel to a guest is one end of a socket pair whose other end QEMU inherits. So no socket has a name in the
// file system: nothing is left behind when we or QEMU are killed, and nobody else can connect.
#pragma once

#include "support/result.h"

#include <utility>

namespace hotgate::harness {

class FileDescriptor {
public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor &&other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor &operator=(FileDescriptor &&other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  FileDescriptor(const FileDescriptor &) = delete;
  FileDescriptor &operator=(const FileDescriptor &) = delete;
  ~FileDescriptor() { close(); }

  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool isOpen() const { return descriptor_ >= 0; }
  void close();

private:
  int descriptor_ = -1;
};

struct SocketPair {
  FileDescriptor ours;   // non-blocking, not inherited
  FileDescriptor theirs; // blocking, inherited by whom ChildProcess is told to give it
};
Result<SocketPair> makeSocketPair();

} // namespace hotgate::harness
