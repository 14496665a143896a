// The DHCP server under wine: a prefix of our own, made once in the build folder, and one server process.
#pragma once

#include "tests/corpus/child_process.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::corpus_test {

// wine in one network namespace, booted. Sockets belong to wineserver, so it is started there and ended with the
// object. One at a time: the prefix is locked for as long as the object lives.
class Wine {
public:
  static Result<Wine> start(int networkNamespace);

  Wine(Wine &&other) noexcept;
  Wine(const Wine &) = delete;
  Wine &operator=(const Wine &) = delete;
  Wine &operator=(Wine &&) = delete;
  ~Wine();

  // Ends every program and boots anew. Wine 8 keeps the port of a program that was killed until wineserver ends.
  Result<> restart() const;
  Result<ChildProcess> launch(std::vector<std::string> command, const std::filesystem::path &output) const;

private:
  Wine(int lock, int networkNamespace) : lock_(lock), networkNamespace_(networkNamespace) {}
  [[nodiscard]] ChildOptions options(const std::filesystem::path &output) const;
  void endWineServer() const;

  int lock_;
  int networkNamespace_;
};

// The path as a program under wine sees it.
std::string windowsPath(const std::filesystem::path &path);

// The settings that the tests share: the lab's subnet, a lease of an hour, files in `folder`.
std::vector<std::string> serverArguments(const std::filesystem::path &folder);
std::filesystem::path auditPath(const std::filesystem::path &folder);

// Waits until the text is in the file.
Result<> waitForText(const std::filesystem::path &path, const std::string &text, std::chrono::seconds deadline);

// Starts the program in console mode and waits until it says that it serves. Later arguments win.
Result<ChildProcess> startServer(const Wine &wine, const std::filesystem::path &image,
                                 const std::filesystem::path &folder, const std::vector<std::string> &more = {});

// Memory that the process alone holds, in bytes.
int64_t privateBytes(pid_t pid);

} // namespace hotgate::corpus_test
