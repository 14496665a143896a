#include "harness/client/clients/smb_session.h"

#include "harness/client/clients/client_error.h"
#include "harness/vm/file_descriptor.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

constexpr size_t chunk = size_t{1} << 20U;

// The library's only way to be told of signing, and that it should keep nothing on this host's disk.
constexpr std::string_view commonConfiguration = "[global]\n"
                                                 "client signing = required\n"
                                                 "client ipc signing = required\n"
                                                 "client use kerberos = off\n"
                                                 "client lanman auth = no\n"
                                                 "client ntlmv2 auth = yes\n"
                                                 "disable netbios = yes\n"
                                                 "name resolve order = host\n"
                                                 "lock directory = /tmp\n"
                                                 "state directory = /tmp\n"
                                                 "cache directory = /tmp\n"
                                                 "private dir = /tmp\n"
                                                 "load printers = no\n";

Result<> configure(SMBCCTX *context, SmbProtection protection) {
  const std::string configuration = fmt::format("{}client smb encrypt = {}\n", commonConfiguration,
                                                protection == SmbProtection::encrypt ? "required" : "off");
  const FileDescriptor file(memfd_create("smb.conf", MFD_CLOEXEC));
  if (!file.isOpen() ||
      write(file.get(), configuration.data(), configuration.size()) != static_cast<ssize_t>(configuration.size()))
    return failFault("libsmbclient", "configuration", std::strerror(errno));
  const std::string path = fmt::format("/proc/self/fd/{}", file.get());
  if (smbc_setConfiguration(context, path.c_str()) != 0)
    return failFault("libsmbclient", "smbc_setConfiguration", std::strerror(errno));
  return {};
}

void fill(char *field, int size, const std::string &text) {
  if (size > 0)
    field[text.copy(field, static_cast<size_t>(size) - 1)] = '\0';
}

void authenticate(SMBCCTX *context, const char *, const char *, char *domain, int domainSize, char *name, int nameSize,
                  char *password, int passwordSize) {
  const auto *account = static_cast<const SmbAccount *>(smbc_getOptionUserData(context));
  fill(domain, domainSize, account->domain);
  fill(name, nameSize, account->name);
  fill(password, passwordSize, account->password);
}

} // namespace

class SmbSession::OpenFile {
public:
  OpenFile(SMBCCTX *context, SMBCFILE *file) : context_(context), file_(file) {}
  OpenFile(const OpenFile &) = delete;
  OpenFile &operator=(const OpenFile &) = delete;
  ~OpenFile() {
    if (file_ != nullptr)
      close();
  }
  [[nodiscard]] SMBCFILE *get() const { return file_; }
  // What a close says counts: it is the answer to the last write.
  bool close() { return smbc_getFunctionClose(context_)(context_, std::exchange(file_, nullptr)) == 0; }

private:
  SMBCCTX *context_;
  SMBCFILE *file_;
};

Failure SmbSession::failed(const std::string &call, const std::string &path) {
  const int code = errno;
  denied_ = code == EACCES || code == EPERM;
  const std::string reason = fmt::format("{} {}: {}", call, path, std::strerror(code));
  switch (code) {
  case ETIMEDOUT:
  case ECONNREFUSED:
  case ECONNRESET:
  case ECONNABORTED:
  case EHOSTUNREACH:
  case ENETUNREACH:
  case ENOTCONN:
  case EPIPE:
  case EIO:
    return noAnswer("SMB", reason);
  case EINVAL:
    return wrongAnswer("SMB", reason + ", libsmbclient's word for an answer that is none or a connection that broke");
  default:
    return Clock::now() >= deadline_ ? noAnswer("SMB", reason) : wrongAnswer("SMB", reason);
  }
}

Result<> SmbSession::checkTime(const std::string &path) const {
  if (Clock::now() >= deadline_)
    return noAnswer("SMB", path + ": not done at the deadline");
  return {};
}

Result<SmbSession> SmbSession::open(const std::string &server, SmbAccount account, SmbDialect dialect,
                                    SmbProtection protection, Deadline deadline) {
  SmbSession session;
  session.server_ = server;
  session.account_ = std::make_unique<SmbAccount>(std::move(account));
  session.deadline_ = deadline;
  SMBCCTX *context = smbc_new_context();
  if (context == nullptr)
    return failFault("libsmbclient", "smbc_new_context", std::strerror(errno));
  session.context_.reset(context);
  smbc_setOptionDebugToStderr(context, 1);
  smbc_setDebug(context, 0);
  if (smbc_init_context(context) == nullptr)
    return failFault("libsmbclient", "smbc_init_context", std::strerror(errno));
  HOTGATE_CHECK(configure(context, protection));
  smbc_setOptionUserData(context, session.account_.get());
  smbc_setFunctionAuthDataWithContext(context, authenticate);
  smbc_setOptionUseKerberos(context, 0);
  smbc_setOptionNoAutoAnonymousLogin(context, 1);
  const bool isNew = dialect == SmbDialect::smb3;
  if (smbc_setOptionProtocols(context, isNew ? "SMB3" : "SMB2", isNew ? "SMB3" : "SMB2_10") == 0)
    return failFault("libsmbclient", "smbc_setOptionProtocols", "refuses the dialect");
  smbc_setPort(context, 445);
  smbc_setTimeout(context, std::max(1, millisecondsUntil(deadline)));
  return session;
}

Result<std::vector<uint8_t>> SmbSession::readFile(const std::string &path, size_t limit) {
  SMBCCTX *context = context_.get();
  OpenFile file(context, smbc_getFunctionOpen(context)(context, url(path).c_str(), O_RDONLY, 0));
  if (file.get() == nullptr)
    return failed("open", path);
  std::vector<uint8_t> content;
  for (;;) {
    const size_t have = content.size();
    content.resize(have + chunk);
    const ssize_t count = smbc_getFunctionRead(context)(context, file.get(), content.data() + have, chunk);
    if (count < 0)
      return failed("read", path);
    content.resize(have + static_cast<size_t>(count));
    if (count == 0)
      return content;
    if (content.size() > limit)
      return wrongAnswer("SMB", fmt::format("{} is longer than {} bytes", path, limit));
    HOTGATE_CHECK(checkTime(path));
  }
}

Result<> SmbSession::writeFile(const std::string &path, std::span<const uint8_t> content) {
  SMBCCTX *context = context_.get();
  OpenFile file(context, smbc_getFunctionOpen(context)(context, url(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644));
  if (file.get() == nullptr)
    return failed("create", path);
  while (!content.empty()) {
    const size_t size = std::min(content.size(), chunk);
    const ssize_t count = smbc_getFunctionWrite(context)(context, file.get(), content.data(), size);
    if (count < 0)
      return failed("write", path);
    if (count == 0 || static_cast<size_t>(count) > size)
      return wrongAnswer("SMB", fmt::format("{}: {} of {} bytes written", path, count, size));
    content = content.subspan(static_cast<size_t>(count));
    HOTGATE_CHECK(checkTime(path));
  }
  if (!file.close())
    return failed("close", path);
  return {};
}

Result<> SmbSession::removeFile(const std::string &path) {
  SMBCCTX *context = context_.get();
  if (smbc_getFunctionUnlink(context)(context, url(path).c_str()) != 0)
    return failed("remove", path);
  return {};
}

Result<> SmbSession::makeFolder(const std::string &path) {
  SMBCCTX *context = context_.get();
  if (smbc_getFunctionMkdir(context)(context, url(path).c_str(), 0755) != 0)
    return failed("make folder", path);
  return {};
}

Result<> SmbSession::removeFolder(const std::string &path) {
  SMBCCTX *context = context_.get();
  if (smbc_getFunctionRmdir(context)(context, url(path).c_str()) != 0)
    return failed("remove folder", path);
  return {};
}

Result<std::vector<std::string>> SmbSession::listFolder(const std::string &path, size_t limit) {
  SMBCCTX *context = context_.get();
  SMBCFILE *folder = smbc_getFunctionOpendir(context)(context, url(path).c_str());
  if (folder == nullptr)
    return failed("list", path);
  std::vector<std::string> names;
  while (const smbc_dirent *entry = smbc_getFunctionReaddir(context)(context, folder)) {
    const std::string name(entry->name, entry->namelen);
    if (name != "." && name != "..")
      names.push_back(name);
    if (names.size() > limit)
      break;
  }
  smbc_getFunctionClosedir(context)(context, folder);
  if (names.size() > limit)
    return wrongAnswer("SMB", fmt::format("{} lists more than {} names", path, limit));
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace hotgate::harness
