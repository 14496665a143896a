// A guest from the user's own disk image: its command line, the overlay that keeps the image as it was, the firmware
// and the TPM as QEMU sees them. No system boots here: the disk is empty.
#include "harness/vm/image_machine.h"

#include "support/mapped_file.h"
#include "support/sha256.h"
#include "tests/harness/temporary_folder.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

DiskImageConfig secureConfig() {
  return {.disk = "/images/win,2025.qcow2",
          .firmwareCode = "/ovmf/code,secboot.fd",
          .firmwareVariables = "/ovmf/vars.fd",
          .tpm = true,
          .processors = 4,
          .memoryMiB = 8192};
}

TEST(ImageMachineLine, HasWhatWindowsWants) {
  const auto line = imageMachineLine(secureConfig(), {.accelerator = Accelerator::kvm,
                                                      .overlay = "/proc/self/fd/9",
                                                      .variables = "/proc/self/fd/10",
                                                      .monitor = 3,
                                                      .agent = 4,
                                                      .link = 5,
                                                      .tpm = 6});
  EXPECT_THAT(line,
              AllOf(Contains("q35,smm=on"), Contains("driver=cfi.pflash01,property=secure,value=on"),
                    Contains("if=pflash,unit=0,format=raw,readonly=on,file=/ovmf/code,,secboot.fd"),
                    Contains("if=pflash,unit=1,format=raw,file=/proc/self/fd/10"), Contains("tpm-crb,tpmdev=tpm0"),
                    Contains("socket,id=tpm,fd=6"), Contains("ide-hd,drive=disk,bus=ide.0"),
                    Contains("file=/proc/self/fd/9,format=qcow2,if=none,id=disk,cache=unsafe")));
  EXPECT_THAT(line, AllOf(Contains("virtserialport,chardev=agent,name=hotgate.agent"), Contains("socket,id=agent,fd=4"),
                          Contains("stream,id=link,addr.type=fd,addr.str=5"), Contains("8192"), Contains("4"),
                          Contains("base=localtime"), Contains(HasSubstr("spawn=deny"))));
  // A Windows machine restarts by itself; the network has no way out; the image itself is never named.
  EXPECT_THAT(line,
              AllOf(Not(Contains("-no-reboot")), Not(Contains(HasSubstr("user,"))), Not(Contains(HasSubstr("win,")))));
}

TEST(ImageMachineLine, LeavesOutWhatIsNotAskedFor) {
  const auto line = imageMachineLine({.disk = "/d.qcow2", .firmwareCode = {}, .firmwareVariables = {}},
                                     {.overlay = "/o", .variables = {}, .monitor = 3, .agent = 4, .link = 5});
  EXPECT_THAT(line, Not(Contains(HasSubstr("pflash"))));
  EXPECT_THAT(line, Not(Contains(HasSubstr("tpm"))));
  EXPECT_THAT(line, Contains("tcg,thread=multi"));
}

std::string digestOf(const std::filesystem::path &path) { return sha256Hex(MappedFile::open(path).value().bytes()); }

TEST(ImageMachine, RunsOnAnOverlayWithSecureBootAndATpmAndLeavesNothing) {
  const TemporaryFolder folder;
  DiskImageConfig config = secureConfig();
  config.disk = folder.path() / "disk.qcow2";
  config.firmwareCode = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
  config.firmwareVariables = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd";
  config.processors = 1;
  config.memoryMiB = 256;
  auto tool =
      ChildProcess::start({.arguments = {"qemu-img", "create", "-q", "-f", "qcow2", config.disk.string(), "64M"}});
  ASSERT_TRUE(tool) << tool.error().message();
  ASSERT_EQ(tool->wait(after(std::chrono::seconds(60))).value(), 0) << tool->outputTail();
  const std::string before = digestOf(config.disk);
  const std::filesystem::path work = folder.path() / "work";
  std::filesystem::create_directory(work);
  {
    ImageMachine machine(config, work);
    const Deadline deadline = after(std::chrono::seconds(90));
    const auto started = machine.start(deadline);
    ASSERT_TRUE(started) << started.error().message() << machine.outputTail();
    Qmp &monitor = **machine.monitor();
    const auto block = monitor.execute("query-block", nlohmann::json::object(), deadline);
    ASSERT_TRUE(block) << block.error().message();
    EXPECT_THAT(block->dump(), HasSubstr("disk.qcow2")); // as the overlay's backing file
    const auto tpm = monitor.execute("query-tpm", nlohmann::json::object(), deadline);
    ASSERT_TRUE(tpm) << tpm.error().message();
    EXPECT_THAT(tpm->dump(), HasSubstr("tpm-crb"));
    EXPECT_EQ(textMember(monitor.execute("query-status", nlohmann::json::object(), deadline).value(), "status"),
              "running");
    // Nobody answers on the agent's port.
    const auto connected = machine.connect(after(std::chrono::seconds(1)));
    ASSERT_FALSE(connected);
    EXPECT_THAT(connected.error().message(), HasSubstr("hotgate.agent"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(work));
  EXPECT_EQ(digestOf(config.disk), before);
}

TEST(ImageMachine, WhatIsNotThereIsAnInputError) {
  const TemporaryFolder folder;
  DiskImageConfig config = secureConfig();
  config.disk = folder.path() / "none.qcow2";
  const auto noDisk = ImageMachine(config, folder.path()).start(after(std::chrono::seconds(30)));
  ASSERT_FALSE(noDisk);
  EXPECT_EQ(noDisk.error().kind, ErrorKind::input);
  config.disk = folder.write("text.qcow2", "not an image");
  const auto noImage = ImageMachine(config, folder.path()).start(after(std::chrono::seconds(30)));
  ASSERT_FALSE(noImage);
  EXPECT_EQ(noImage.error().kind, ErrorKind::input);
}

} // namespace
} // namespace hotgate::harness
