// One session with an SMB server, over libsmbclient.
//
// Limits: libsmbclient has a timeout for each request and none for a call, so that a server that answers every request
// late can hold a call for longer than the deadline: whoever runs a client watches its process. NTLMv2 only.
#pragma once

#include "harness/vm/deadline.h"
#include "support/result.h"

#include <cstdint>
#include <libsmbclient.h>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hotgate::harness {

enum class SmbDialect : uint8_t { smb2, smb3 }; // 2.1 at most; 3.1.1 at most and 3.0 at least
enum class SmbProtection : uint8_t { sign, encrypt };

struct SmbAccount {
  std::string domain;
  std::string name;
  std::string password;
};

class SmbSession {
public:
  // Connects at the first call. The library refuses unsigned answers. With `encrypt` it encrypts where the server can,
  // and says "required" but goes on in clear where it cannot (seen with 4.17): only a share that demands it is a proof.
  static Result<SmbSession> open(const std::string &server, SmbAccount account, SmbDialect dialect,
                                 SmbProtection protection, Deadline deadline);

  // Paths begin with the share: "data/folder/name".
  Result<std::vector<uint8_t>> readFile(const std::string &path, size_t limit);
  Result<> writeFile(const std::string &path, std::span<const uint8_t> content);
  Result<> removeFile(const std::string &path);
  Result<> makeFolder(const std::string &path);
  Result<> removeFolder(const std::string &path);
  // Names without "." and "..", sorted.
  Result<std::vector<std::string>> listFolder(const std::string &path, size_t limit);
  // The last call that failed was refused for the account's sake.
  [[nodiscard]] bool wasDenied() const { return denied_; }

private:
  struct ContextEnd {
    void operator()(SMBCCTX *context) const { smbc_free_context(context, 1); }
  };
  class OpenFile;

  [[nodiscard]] std::string url(const std::string &path) const { return "smb://" + server_ + "/" + path; }
  // The Error of a call that failed with errno.
  Failure failed(const std::string &call, const std::string &path);
  Result<> checkTime(const std::string &path) const;

  std::string server_;
  std::unique_ptr<SmbAccount> account_; // the library holds its address
  Deadline deadline_;
  bool denied_ = false;
  std::unique_ptr<SMBCCTX, ContextEnd> context_;
};

} // namespace hotgate::harness
