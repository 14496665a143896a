// A guest from any disk image (qcow2) in place of our own, with what Windows wants: UEFI with Secure Boot, a TPM, and
// devices for which Windows has drivers of its own (SATA, e1000e). The image stays as it was: the guest writes to an
// overlay that goes with it.
//
// Isolated like machine.h: the channels are inherited socket pairs, the network is one wire to the probes. In the
// image, hotgate-agent runs at start-up on the virtio-serial port hotgate.agent (docs/windows-guests.md).
#pragma once

#include "harness/guest/agent_machine.h"
#include "harness/vm/child_process.h"
#include "harness/vm/machine.h"
#include "harness/vm/qmp.h"

#include <optional>

namespace hotgate::harness {

struct DiskImageConfig {
  std::filesystem::path disk;              // qcow2
  std::filesystem::path firmwareCode;      // OVMF; "": the machine's BIOS
  std::filesystem::path firmwareVariables; // with the keys for Secure Boot; copied
  bool tpm = false;
  int processors = 2;
  int memoryMiB = 4096;
};

// What the command line names; files are given by path, also those that are only descriptors.
struct ImageMachineParts {
  Accelerator accelerator = Accelerator::tcg;
  std::string overlay;
  std::string variables; // "" without firmware
  int monitor = -1;
  int agent = -1;
  int link = -1;
  int tpm = -1; // -1 without one
};
std::vector<std::string> imageMachineLine(const DiskImageConfig &config, const ImageMachineParts &parts);

class ImageMachine : public AgentMachine {
public:
  // `work`: folder for the overlay, which has no name there once the machine runs.
  ImageMachine(DiskImageConfig config, std::filesystem::path work)
      : config_(std::move(config)), work_(std::move(work)) {}
  ImageMachine(const ImageMachine &) = delete;
  ImageMachine &operator=(const ImageMachine &) = delete;
  ~ImageMachine() override;

  // Errors: input, when the image, the firmware, QEMU, qemu-img or swtpm is not there.
  Result<> start(Deadline deadline) override;
  Result<FileDescriptor> connect(Deadline deadline) override;
  Link &link() override { return *link_; }
  [[nodiscard]] std::string_view accelerator() const override { return acceleratorName(accelerator_); }
  // QEMU's own words, and whether its devices are as asked for.
  Result<Qmp *> monitor();
  [[nodiscard]] std::string outputTail() const { return qemu_ ? qemu_->outputTail() : ""; }

private:
  // With accelerator_.
  Result<> launch(Deadline deadline);
  Result<> makeOverlay(Deadline deadline);
  Result<> copyVariables();
  Result<FileDescriptor> startTpm();

  DiskImageConfig config_;
  std::filesystem::path work_;
  Accelerator accelerator_ = Accelerator::tcg;
  FileDescriptor overlay_;
  FileDescriptor variables_;
  std::filesystem::path tpmState_;
  std::optional<ChildProcess> tpm_;
  std::optional<ChildProcess> qemu_;
  std::optional<Qmp> qmp_;
  FileDescriptor agent_;
  std::optional<StreamLink> link_;
};

} // namespace hotgate::harness
