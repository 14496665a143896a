// Kea, a DHCP server that Hotgate did not write, in network, process and mount namespaces of its own with one wire to
// the test.
#pragma once

#include "harness/roles/tap_link.h"
#include "harness/vm/child_process.h"
#include "tests/harness/temporary_folder.h"

#include <memory>

namespace hotgate::harness {

// kea-dhcp4.conf, to be changed.
std::string keaConfiguration();
// Fails the test when the text is not there.
void replaceOnce(std::string &text, const std::string &from, const std::string &to);

class KeaServer {
public:
  // `address` of its end of the wire: "10.77.0.1/24".
  KeaServer(const std::string &configuration, const std::string &address);

  // Its wire, once.
  std::unique_ptr<Link> takeLink() { return std::move(link_); }
  // To the server itself, as Linux knows signals.
  void signal(int number) const;
  [[nodiscard]] std::string output() const { return process_->outputTail(); }

private:
  [[nodiscard]] int findServer() const;

  TemporaryFolder folder_;
  std::optional<ChildProcess> process_;
  std::unique_ptr<Link> link_;
};

} // namespace hotgate::harness
