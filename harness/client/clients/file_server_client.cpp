#include "harness/client/clients/file_server_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/smb_session.h"
#include "support/sha256.h"

#include <algorithm>
#include <random>

namespace hotgate::harness {
namespace {

struct FileServerSettings {
  SmbAccount account;
  std::string share;
  std::string encryptedShare;
  int largeMebibytes = 8;
  int smallFiles = 20;
};

Result<FileServerSettings> readSettings(const ClientSetup &setup) {
  FileServerSettings read;
  HOTGATE_TRY(read.account.domain, requiredSetting(setup, "domain"));
  HOTGATE_TRY(read.account.name, requiredSetting(setup, "user"));
  HOTGATE_TRY(read.account.password, requiredSetting(setup, "password"));
  HOTGATE_TRY(read.share, requiredSetting(setup, "share"));
  HOTGATE_TRY(read.encryptedShare, requiredSetting(setup, "encrypted_share"));
  HOTGATE_TRY(read.largeMebibytes, requiredNumber(setup, "large_mib", 1, 64));
  HOTGATE_TRY(read.smallFiles, requiredNumber(setup, "small_files", 1, 1000));
  return read;
}

// Content that no server has by chance: another for each seed, the same in each run.
std::vector<uint8_t> contentOf(uint64_t seed, size_t size) {
  std::mt19937_64 generator(seed);
  std::vector<uint8_t> content(size);
  for (size_t at = 0; at < size; at += 8) {
    uint64_t word = generator();
    for (size_t index = at; index < std::min(size, at + 8); ++index, word >>= 8U)
      content[index] = static_cast<uint8_t>(word);
  }
  return content;
}

Result<> mustBeDenied(SmbSession &smb, const std::string &share, const char *whom) {
  constexpr size_t mostNames = 10'000;
  const auto listed = smb.listFolder(share, mostNames);
  if (listed)
    return wrongAnswer("SMB", fmt::format("expected {} to be closed to {}, got its names", share, whom));
  if (listed.error().kind == ErrorKind::fault)
    return Failure(listed.error());
  if (!smb.wasDenied())
    return wrongAnswer("SMB", fmt::format("expected access denied for {}, got: {}", whom, listed.error().reason));
  return {};
}

class FileServerClient : public RoleClient {
public:
  FileServerClient(std::string server, int number, FileServerSettings settings)
      : server_(std::move(server)), number_(number), settings_(std::move(settings)) {}

  [[nodiscard]] std::vector<std::string> exchanges() const override {
    return {"encryption-demanded", "large-file",     "refusal",    "small-files",
            "smb2-signed",         "smb3-encrypted", "smb3-signed"};
  }
  Outcome perform(const std::string &exchange, Deadline deadline) override {
    return outcomeOf(ask(exchange, deadline));
  }

private:
  Result<> ask(const std::string &exchange, Deadline deadline);
  Result<SmbSession> session(SmbDialect dialect, SmbProtection protection, Deadline deadline) const {
    return SmbSession::open(server_, settings_.account, dialect, protection, deadline);
  }
  Result<> oneFile(SmbSession smb, const std::string &share, size_t size);
  Result<> refusedInClear(Deadline deadline) const;
  Result<> smallFiles(Deadline deadline);
  Result<> refusal(Deadline deadline) const;
  Result<> checkContent(SmbSession &reader, const std::string &path, const std::vector<uint8_t> &written) const;
  // "data/client-3-name"
  [[nodiscard]] std::string pathOf(const std::string &share, const std::string &name) const {
    return fmt::format("{}/client-{}-{}", share, number_, name);
  }

  std::string server_;
  int number_;
  FileServerSettings settings_;
  uint64_t turn_ = 0; // each exchange writes other content than the one before it
};

Result<> FileServerClient::ask(const std::string &exchange, Deadline deadline) {
  constexpr size_t oneFileSize = size_t{64} << 10U;
  ++turn_;
  if (exchange == "smb3-encrypted") {
    HOTGATE_TRY(SmbSession smb, session(SmbDialect::smb3, SmbProtection::encrypt, deadline));
    return oneFile(std::move(smb), settings_.encryptedShare, oneFileSize);
  }
  if (exchange == "smb2-signed" || exchange == "smb3-signed" || exchange == "large-file") {
    const auto dialect = exchange == "smb2-signed" ? SmbDialect::smb2 : SmbDialect::smb3;
    const size_t largeSize = static_cast<size_t>(settings_.largeMebibytes) << 20U;
    HOTGATE_TRY(SmbSession smb, session(dialect, SmbProtection::sign, deadline));
    return oneFile(std::move(smb), settings_.share, exchange == "large-file" ? largeSize : oneFileSize);
  }
  if (exchange == "encryption-demanded")
    return refusedInClear(deadline);
  if (exchange == "small-files")
    return smallFiles(deadline);
  if (exchange == "refusal")
    return refusal(deadline);
  return failInput("file server client", "", "knows no exchange " + exchange);
}

Result<> FileServerClient::checkContent(SmbSession &reader, const std::string &path,
                                        const std::vector<uint8_t> &written) const {
  HOTGATE_TRY(const std::vector<uint8_t> read, reader.readFile(path, written.size()));
  if (read != written)
    return wrongAnswer("SMB", fmt::format("expected {} bytes of {} to come back with SHA-256 {}, got {} with {}",
                                          written.size(), path, sha256Hex(written), read.size(), sha256Hex(read)));
  return {};
}

Result<> FileServerClient::oneFile(SmbSession smb, const std::string &share, size_t size) {
  const std::string path = pathOf(share, "file");
  const std::vector<uint8_t> content = contentOf(turn_ * 1000 + static_cast<uint64_t>(number_), size);
  HOTGATE_CHECK(smb.writeFile(path, content));
  HOTGATE_CHECK(checkContent(smb, path, content));
  return smb.removeFile(path);
}

Result<> FileServerClient::smallFiles(Deadline deadline) {
  HOTGATE_TRY(SmbSession smb, session(SmbDialect::smb3, SmbProtection::sign, deadline));
  // An exchange that was cut off leaves its folder; the next has another.
  const std::string folder = pathOf(settings_.share, fmt::format("folder-{}", turn_));
  HOTGATE_CHECK(smb.makeFolder(folder));
  std::vector<std::string> names;
  for (int index = 0; index < settings_.smallFiles; ++index)
    names.push_back(fmt::format("{:04}", index));
  const auto contentAt = [&](size_t index) { return contentOf(turn_ * 1000 + index, 100 + 97 * index); };
  for (size_t index = 0; index < names.size(); ++index)
    HOTGATE_CHECK(smb.writeFile(folder + "/" + names[index], contentAt(index)));
  HOTGATE_TRY(const std::vector<std::string> listed, smb.listFolder(folder, names.size()));
  if (listed != names)
    return wrongAnswer(
        "SMB", fmt::format("expected {} to list its {} files, got {} names", folder, names.size(), listed.size()));
  for (size_t index = 0; index < names.size(); ++index) {
    HOTGATE_CHECK(checkContent(smb, folder + "/" + names[index], contentAt(index)));
    HOTGATE_CHECK(smb.removeFile(folder + "/" + names[index]));
  }
  return smb.removeFolder(folder);
}

Result<> FileServerClient::refusal(Deadline deadline) const {
  SmbAccount account = settings_.account;
  account.password += "-wrong";
  HOTGATE_TRY(SmbSession smb, SmbSession::open(server_, account, SmbDialect::smb3, SmbProtection::sign, deadline));
  return mustBeDenied(smb, settings_.share, "a wrong password");
}

Result<> FileServerClient::refusedInClear(Deadline deadline) const {
  HOTGATE_TRY(SmbSession smb, session(SmbDialect::smb2, SmbProtection::sign, deadline));
  return mustBeDenied(smb, settings_.encryptedShare, "a client that cannot encrypt");
}

} // namespace

Result<std::unique_ptr<RoleClient>> makeFileServerClient(const ClientSetup &setup) {
  HOTGATE_TRY(FileServerSettings settings, readSettings(setup));
  return std::make_unique<FileServerClient>(setup.server, setup.number, std::move(settings));
}

} // namespace hotgate::harness
