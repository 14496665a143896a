// The patch is applied while clients ask: old and new code run side by side from then on, and what is lost meanwhile
// counts.
#pragma once

#include "harness/lab/process_watch.h"

namespace hotgate::harness {

// Windows' own loader would refuse the patch with this NTSTATUS: the patch is the reason. A refusal without one (a
// thread in the way, a handle that could not be had) says nothing about it.
[[nodiscard]] bool namesLoaderStatus(const Error &error);

class LoadedApply {
public:
  // `pause`: before it is tried again.
  LoadedApply(Guest &guest, ProcessWatch &process, RoleProbe &probe, int clients, std::chrono::milliseconds pause)
      : guest_(guest), process_(process), probe_(probe), clients_(clients), pause_(pause) {}

  // Repeated when the agent could not do it for a reason that is not the patch's.
  Result<AppliedPatch> run();
  // What the clients saw in all attempts.
  [[nodiscard]] const SoakReport &load() const { return load_; }

private:
  Result<AppliedPatch> tryOnce();

  Guest &guest_;
  ProcessWatch &process_;
  RoleProbe &probe_;
  int clients_;
  std::chrono::milliseconds pause_;
  SoakReport load_;
};

} // namespace hotgate::harness
