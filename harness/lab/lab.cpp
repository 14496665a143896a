#include "harness/lab/lab.h"

#include "harness/lab/lab_sequence.h"
#include "harness/lab/probe_factory.h"
#include "harness/lab/vm_guest.h"
#include "harness/lab/wine_guest.h"
#include "support/mapped_file.h"

#include <memory>

namespace hotgate::harness {

Result<> checkLabHost(Provider provider) {
  if (provider == Provider::qemu) {
    HOTGATE_CHECK(qemuVersion());
  } else if (findProgram("unshare").empty()) {
    return failInput("unshare", "", "not found in PATH", "install util-linux");
  }
  return {};
}

namespace {

std::unique_ptr<Guest> makeGuest(GuestSetup setup, const std::filesystem::path &tap, const Progress &progress) {
  if (setup.config.provider == Provider::wineHost)
    return std::make_unique<WineGuest>(std::move(setup), tap, progress);
  return std::make_unique<VmGuest>(std::move(setup), progress);
}

} // namespace

Result<> runLab(const LabRequest &request, facts::Database &facts,
                const std::function<void(std::string_view)> &progress) {
  const std::filesystem::path roleFile = request.installation.roles / (request.role + ".yaml");
  HOTGATE_TRY(const Role role, readRole(roleFile));
  LabConfig config = request.config;
  if (config.soak.requests == 0)
    config.soak.requests = role.soak.transactions;
  if (config.soak.clients == 0)
    config.soak.clients = role.soak.clients;
  // Whatever is wrong with the files is said before a guest is built or started.
  HOTGATE_CHECK(checkLabHost(config.provider));
  HOTGATE_TRY(const ProbeFactory makeProbe, probeFactory(roleFile, role, config.witness, config.soak,
                                                         {request.installation.client, request.installation.tap}));
  HOTGATE_CHECK(MappedFile::open(request.hotpatchImage));
  HOTGATE_CHECK(MappedFile::open(request.postImage));
  HOTGATE_CHECK(MappedFile::open(request.installation.agent));
  const std::string module = request.preImage.filename().string();
  HOTGATE_TRY(const std::vector<PredictedWrite> writes, predictedWrites(facts, module));

  HOTGATE_TRY(LabRecords records, LabRecords::begin(facts, request.role, module, providerName(config.provider)));
  const auto guest = makeGuest({.cache = request.installation.cache,
                                .agent = request.installation.agent,
                                .preImage = request.preImage,
                                .hotpatchImage = request.hotpatchImage,
                                .postImage = request.postImage,
                                .address = role.guestAddress,
                                .config = config},
                               request.installation.tap, progress);
  return LabSequence(*guest, role, makeProbe, config, writes, records, progress).run();
}

} // namespace hotgate::harness
