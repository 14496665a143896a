#include "cli/kb_file.h"

#include "support/strict_yaml.h"

#include <algorithm>
#include <array>

namespace hotgate::cli {

namespace {

Result<std::filesystem::path> existing(const KbFile &kb, const std::string &key, const std::string &written) {
  std::filesystem::path path = kb.folder / written;
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return failInput(kb.fileName, fmt::format("key '{}'", key), fmt::format("{} does not exist", path.string()),
                     "give a folder or file relative to KB.yaml");
  return path;
}

} // namespace

std::string KbFile::display(const std::filesystem::path &path) const {
  const std::filesystem::path relative = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return relative.empty() ? path.filename().string() : relative.generic_string();
}

Result<KbFile> readKbFile(const std::filesystem::path &path) {
  HOTGATE_TRY(auto yaml, StrictYaml::open(path));
  KbFile kb;
  std::error_code error; // without a working folder the path stays as it is, and the files below it are not found
  const std::filesystem::path whole = std::filesystem::absolute(path, error);
  kb.folder = (error ? path : whole).lexically_normal().parent_path();
  kb.fileName = path.filename().string();
  kb.kb = yaml.text("kb");
  kb.track = yaml.text("track");
  kb.baseline = yaml.text("baseline", "");
  const std::string pre = yaml.text("pre");
  const std::string post = yaml.text("post");
  const std::string hotpatch = yaml.text("hotpatch", "");
  const std::string previous = yaml.text("previous", "");
  const std::vector<std::string> symbols = yaml.has("symbols") ? yaml.texts("symbols") : std::vector<std::string>();
  if (yaml.has("declared"))
    kb.declared = yaml.texts("declared");
  if (yaml.has("roles"))
    kb.roles = yaml.texts("roles");
  const std::string lab = yaml.text("lab", "");
  constexpr std::array tracks = {"hotpatch", "baseline", "out-of-band"};
  if (std::find(tracks.begin(), tracks.end(), kb.track) == tracks.end())
    yaml.refuse("track", fmt::format("'{}' is not hotpatch, baseline or out-of-band", kb.track));
  // A baseline is for all machines, any other KB for those of its track.
  kb.offered = yaml.has("offered")      ? yaml.texts("offered")
               : kb.track == "baseline" ? std::vector<std::string>{"hotpatch", "standard"}
               : kb.track == "hotpatch" ? std::vector<std::string>{"hotpatch"}
                                        : std::vector<std::string>{"standard"};
  for (const std::string &machines : kb.offered)
    if (machines != "hotpatch" && machines != "standard")
      yaml.refuse("offered", fmt::format("'{}' is not hotpatch or standard", machines));
  HOTGATE_CHECK(yaml.finish());
  HOTGATE_TRY(kb.pre, existing(kb, "pre", pre));
  HOTGATE_TRY(kb.post, existing(kb, "post", post));
  if (!hotpatch.empty()) {
    HOTGATE_TRY(kb.hotpatch, existing(kb, "hotpatch", hotpatch));
  }
  if (!previous.empty()) {
    HOTGATE_TRY(kb.previous, existing(kb, "previous", previous));
  }
  for (const std::string &folder : symbols) {
    HOTGATE_TRY(auto found, existing(kb, "symbols", folder));
    kb.symbols.push_back(std::move(found));
  }
  if (!lab.empty()) {
    HOTGATE_TRY(kb.lab, existing(kb, "lab", lab));
  }
  return kb;
}

} // namespace hotgate::cli
