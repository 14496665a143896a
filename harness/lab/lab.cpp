#include "harness/lab/lab.h"

#include "harness/lab/lab_sequence.h"
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
  if (request.role != "dhcp")
    return failUsage(request.role, "", "no such role", "use dhcp, the only role so far");
  HOTGATE_TRY(const DhcpRole role, readDhcpRole(request.installation.roles / "dhcp.yaml"));
  // Whatever is wrong with the files is said before a guest is built or started.
  HOTGATE_CHECK(checkLabHost(request.config.provider));
  HOTGATE_CHECK(MappedFile::open(request.hotpatchImage));
  HOTGATE_CHECK(MappedFile::open(request.postImage));
  HOTGATE_CHECK(MappedFile::open(request.installation.agent));
  const std::string module = request.preImage.filename().string();
  HOTGATE_TRY(const std::vector<PredictedWrite> writes, predictedWrites(facts, module));

  HOTGATE_TRY(LabRecords records,
              LabRecords::begin(facts, request.role, module, providerName(request.config.provider)));
  HOTGATE_CHECK(records.quarantine(request.role, request.config.quarantine));
  const auto guest = makeGuest({.cache = request.installation.cache,
                                .agent = request.installation.agent,
                                .preImage = request.preImage,
                                .hotpatchImage = request.hotpatchImage,
                                .postImage = request.postImage,
                                .address = role.guestAddress,
                                .config = request.config},
                               request.installation.tap, progress);
  if (request.keep)
    records.onFirstFailure([&] {
      progress("keeping the guest's state");
      // The run's facts are worth more than the guest: it goes on.
      if (const auto kept = guest->keep(*request.keep); !kept)
        progress("the guest was not kept: " + kept.error().message());
    });
  return LabSequence(*guest, role, request.config, writes, records, progress).run();
}

} // namespace hotgate::harness
