#include "harness/lab/lab.h"

#include "harness/lab/lab_sequence.h"
#include "harness/lab/vm_guest.h"
#include "support/mapped_file.h"

namespace hotgate::harness {

Result<> checkLabHost() {
  HOTGATE_CHECK(qemuVersion());
  return {};
}

Result<> runLab(const LabRequest &request, facts::Database &facts,
                const std::function<void(std::string_view)> &progress) {
  if (request.role != "dhcp")
    return failUsage(request.role, "", "no such role", "use dhcp, the only role so far");
  HOTGATE_TRY(const DhcpRole role, readDhcpRole(request.installation.roles / "dhcp.yaml"));
  // Whatever is wrong with the files is said before a guest is built or started.
  HOTGATE_CHECK(checkLabHost());
  HOTGATE_CHECK(MappedFile::open(request.hotpatchImage));
  HOTGATE_CHECK(MappedFile::open(request.installation.agent));
  HOTGATE_TRY(const std::vector<PredictedRedirect> redirects, predictRedirects(facts, request.preImage));

  HOTGATE_TRY(LabRecords records, LabRecords::begin(facts, request.role, request.preImage.filename().string(), "qemu"));
  VmGuest guest({.cache = request.installation.cache,
                 .agent = request.installation.agent,
                 .preImage = request.preImage,
                 .hotpatchImage = request.hotpatchImage,
                 .address = role.guestAddress,
                 .config = request.config},
                progress);
  return LabSequence(guest, role, request.config, redirects, records, progress).run();
}

} // namespace hotgate::harness
