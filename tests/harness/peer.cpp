#include "tests/harness/peer.h"

#include <array>
#include <sys/socket.h>

namespace hotgate::harness {

Peer::Peer(std::function<void(Peer &)> script) {
  SocketPair pair = makeSocketPair().value();
  ours_ = std::move(pair.ours);
  theirs_ = std::move(pair.theirs);
  thread_ = std::thread([this, script = std::move(script)] {
    script(*this);
    theirs_.close();
  });
}

std::string Peer::readLine() {
  for (;;) {
    if (const size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> buffer{};
    const ssize_t got = recv(theirs_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0)
      return {};
    received_.append(buffer.data(), static_cast<size_t>(got));
  }
}

bool Peer::write(const std::string &bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(theirs_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    sent += static_cast<size_t>(count);
  }
  return true;
}

} // namespace hotgate::harness
