#include "harness/lab/kept_guest.h"

#include "support/output_file.h"

#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char *schema = "hotgate/kept-guest/1";

Failure unusable(const fs::path &folder, const std::string &reason) {
  return failInput(folder.string(), "guest.json", reason,
                   "give the folder of a guest that was kept by this Hotgate on this host, or run the job again");
}

} // namespace

Result<> makeKeptFolder(const fs::path &folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return failInput(folder.string(), "", fmt::format("cannot be made: {}", error.message()),
                     "give a folder that you can write to");
  return {};
}

Result<> writeFrames(const fs::path &folder, const std::vector<SeenFrame> &frames) {
  return writeFile(folder / "frames.pcapng", writePcapng(frames));
}

Result<> writeKept(const fs::path &folder, const std::optional<KeptMachine> &machine,
                   const std::vector<std::string> &missing) {
  json document{{"schema", schema}, {"missing", missing}};
  if (machine) {
    document["open"] = "hotgate lab shell " + shellQuoted(fs::absolute(folder).string());
    document["image"] = {{"root", machine->image.root.string()},
                         {"kernel", machine->image.kernel.string()},
                         {"initrd", machine->image.initrd.string()},
                         {"layer", machine->image.layer.string()},
                         {"id", machine->image.id}};
    document["accelerator"] = acceleratorName(machine->shape.accelerator);
    document["memory"] = machine->shape.memoryMiB;
    document["qemu"] = machine->qemu;
  }
  return writeFile(folder / "guest.json", document.dump(2, ' ', false, json::error_handler_t::replace) + '\n');
}

Result<KeptMachine> readKept(const fs::path &folder) {
  HOTGATE_TRY(const std::string text, readFile(folder / "guest.json"));
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const json &image = member(document, "image");
  const json &memory = member(document, "memory");
  if (textMember(document, "schema") != schema || !image.is_object() || !memory.is_number_integer())
    return unusable(folder, "names no machine; a run without a machine (wine-host) has none to open");
  KeptMachine kept{
      {textMember(image, "root"), textMember(image, "kernel"), textMember(image, "initrd"), textMember(image, "layer"),
       textMember(image, "id")},
      {textMember(document, "accelerator") == acceleratorName(Accelerator::kvm) ? Accelerator::kvm : Accelerator::tcg,
       memory.get<int>()},
      textMember(document, "qemu")};
  std::error_code error;
  for (const fs::path &file : {folder / keptStateName, kept.image.root, kept.image.kernel, kept.image.initrd})
    if (!fs::exists(file, error))
      return unusable(folder, fmt::format("{} is not there any more", file.string()));
  HOTGATE_TRY(const std::string qemu, qemuVersion());
  if (qemu != kept.qemu)
    return unusable(folder, fmt::format("was kept by {}, and this is {}", kept.qemu, qemu));
  return kept;
}

} // namespace hotgate::harness
