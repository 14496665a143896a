// A guest that is ready for a run: booted, wine warm, both agents answering. Made once and saved; after that a restore
// of under a second.
#pragma once

#include "harness/guest/guest_agent.h"
#include "harness/guest/process_agent.h"
#include "harness/vm/machine.h"

namespace hotgate::harness {

struct ReadyGuest {
  Machine machine;
  GuestAgent files;
  ProcessAgent agent;
  FileDescriptor link;
};

// A guest that is still booting loses requests, so the first one is repeated until it is answered. Fault with the end
// of the console when it never is.
Result<> awaitGuestAgent(Machine &machine, GuestAgent &files, Deadline deadline);

// KVM where a guest really boots under it (a device node proves nothing), else TCG. The probe's result is cached for
// the image, the host's kernel and its processor.
Result<Accelerator> chooseAccelerator(const std::filesystem::path &cache, const GuestImage &image,
                                      const Progress &progress);

// The saved state of a ready guest, from the cache or made now (about half a minute under TCG).
// `agent` is hotgate-agent.exe.
Result<std::filesystem::path> provideReadyState(const std::filesystem::path &cache, const GuestImage &image,
                                                const MachineShape &shape, const std::filesystem::path &agent,
                                                const Progress &progress);

// Restored, running, with the right time, both agents answering. A state that QEMU does not restore is removed from the
// cache, so that the next provideReadyState makes it anew.
Result<ReadyGuest> restoreReadyGuest(const GuestImage &image, const MachineShape &shape,
                                     const std::filesystem::path &state);

} // namespace hotgate::harness
