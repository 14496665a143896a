#include "cli/job_input.h"

#include "support/mapped_file.h"
#include "support/sha256.h"

#include <algorithm>

namespace hotgate::cli {

namespace {

namespace fs = std::filesystem;

Result<> addFile(const fs::path &file, const std::string &shown, std::string &list) {
  HOTGATE_TRY(const MappedFile content, MappedFile::open(file));
  list += fmt::format("{}\n{}\n", shown, sha256Hex(content.bytes()));
  return {};
}

// A file, or every file below a folder.
Result<> add(const fs::path &path, const std::string &name, std::string &list) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    return addFile(path, name, list);
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator each(path, error), end; !error && each != end; each.increment(error))
    if (each->is_regular_file(error))
      files.push_back(each->path());
  if (error)
    return failInput(path.string(), "", fmt::format("cannot be read: {}", error.message()), "check its permissions");
  std::sort(files.begin(), files.end());
  for (const fs::path &file : files)
    HOTGATE_CHECK(addFile(file, name + "/" + file.lexically_relative(path).generic_string(), list));
  return {};
}

} // namespace

Result<std::string> installationHash(const Installation &installation, const fs::path &rules) {
  std::string list;
  HOTGATE_CHECK(add("/proc/self/exe", "hotgate", list));
  HOTGATE_CHECK(add(rules, "rules", list));
  HOTGATE_CHECK(add(installation.roles, "roles", list));
  HOTGATE_CHECK(add(installation.agent, "agent", list));
  HOTGATE_CHECK(add(installation.tap, "tap", list));
  HOTGATE_CHECK(add(installation.client, "client", list));
  return sha256Hex(std::string_view(list));
}

Result<std::string> kbHash(const fs::path &kbPath, const KbFile &kb) {
  std::string list;
  HOTGATE_CHECK(add(kbPath, "KB.yaml", list));
  HOTGATE_CHECK(add(kb.pre, "pre", list));
  HOTGATE_CHECK(add(kb.post, "post", list));
  if (kb.hotpatch)
    HOTGATE_CHECK(add(*kb.hotpatch, "hotpatch", list));
  if (kb.previous)
    HOTGATE_CHECK(add(*kb.previous, "previous", list));
  for (const fs::path &folder : kb.symbols)
    HOTGATE_CHECK(add(folder, "symbols", list));
  if (kb.lab)
    HOTGATE_CHECK(add(*kb.lab, "lab", list));
  return sha256Hex(std::string_view(list));
}

} // namespace hotgate::cli
