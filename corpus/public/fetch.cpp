// Limits: a Debian file is found in the pools of the releases that the machine is configured for, so a version that has
// left them cannot be fetched any more; then its recipe has to be brought up to date.
#include "corpus/public/fetch.h"

#include "harness/vm/child_process.h"
#include "support/mapped_file.h"
#include "support/sha256.h"

#include <set>
#include <sstream>

namespace hotgate::corpus {

namespace fs = std::filesystem;
using harness::ChildProcess;

namespace {

constexpr std::chrono::minutes clientDeadline{8};
constexpr const char *archiveName = "archive";
constexpr size_t listingLimit = 64 << 10;

struct Ran {
  int status = 0;
  std::string output;
};

Result<Ran> run(std::vector<std::string> arguments) {
  HOTGATE_TRY(ChildProcess child, ChildProcess::start({.arguments = std::move(arguments)}));
  HOTGATE_TRY(const int status, child.wait(harness::after(clientDeadline)));
  return Ran{status, child.outputTail(listingLimit)};
}

Failure notFetched(const Recipe &recipe, const Archive &archive, const std::string &reason) {
  return failInput(recipe.path.string(), archive.id, reason,
                   "make the package registry reachable and run the test again; what was fetched once stays cached");
}

Result<std::string> hashOf(const fs::path &path) {
  HOTGATE_TRY(const MappedFile file, MappedFile::open(path));
  return sha256Hex(file.bytes());
}

// `npm pack` names the file itself, so it gets a folder of its own.
Result<> fetchFromNpm(const Recipe &recipe, const Archive &archive, const fs::path &folder) {
  HOTGATE_TRY(const Ran pack, run({"npm", "pack", recipe.package + "@" + archive.id, "--loglevel=error",
                                   "--ignore-scripts", "--pack-destination", folder.string()}));
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".tgz") {
      fs::rename(each->path(), folder / archiveName, error);
      if (!error)
        return {};
    }
  return notFetched(recipe, archive,
                    fmt::format("npm pack ended with exit code {} and packed nothing:\n{}", pack.status, pack.output));
}

// Where the releases that the machine is configured for keep their files.
Result<std::set<std::string>> debianRepositories() {
  const std::vector<std::string> question = {"apt-get",     "indextargets",         "--format",
                                             "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"};
  HOTGATE_TRY(Ran targets, run(question));
  if (targets.output.find('/') == std::string::npos) { // a fresh system has no lists yet
    HOTGATE_CHECK(run({"apt-get", "update", "-q"}));
    HOTGATE_TRY(targets, run(question));
  }
  std::set<std::string> repositories;
  std::istringstream lines(targets.output);
  for (std::string line; std::getline(lines, line);)
    if (line.ends_with('/'))
      repositories.insert(line);
  return repositories;
}

Result<> fetchFromDebian(const Recipe &recipe, const Archive &archive, const fs::path &folder) {
  HOTGATE_TRY(const std::set<std::string> repositories, debianRepositories());
  if (repositories.empty())
    return notFetched(recipe, archive, "apt-get knows no Debian repository: apt-get update has to run once as root");
  const std::string letters = recipe.package.substr(0, recipe.package.starts_with("lib") ? 4 : 1);
  std::string answers;
  for (const std::string &repository : repositories)
    for (const char *pool : {"pool/main", "pool/updates/main"}) {
      const std::string source = fmt::format("{}{}/{}/{}/{}", repository, pool, letters, recipe.package, archive.id);
      HOTGATE_TRY(const Ran got, run({"sh", "-c", "exec /usr/lib/apt/apt-helper download-file \"$@\"", "apt-helper",
                                      source, (folder / archiveName).string(), "SHA256:" + archive.sha256}));
      if (got.status == 0)
        return {};
      answers += got.output + "\n";
    }
  return notFetched(recipe, archive, "no configured Debian repository has it with this hash:\n" + answers);
}

Result<> fetch(const Recipe &recipe, const Archive &archive, const fs::path &folder) {
  HOTGATE_CHECK(recipe.client == Recipe::Client::npm ? fetchFromNpm(recipe, archive, folder)
                                                     : fetchFromDebian(recipe, archive, folder));
  HOTGATE_TRY(const std::string hash, hashOf(folder / archiveName));
  if (hash != archive.sha256)
    return failInput(recipe.path.string(), archive.id,
                     fmt::format("was fetched with SHA-256 {}, not {}", hash, archive.sha256),
                     "find out who changed it before you trust it");
  return {};
}

} // namespace

Result<fs::path> provideArchive(const Recipe &recipe, const Archive &archive, const fs::path &cache,
                                const harness::Progress &progress) {
  const auto build = [&](const fs::path &folder) {
    progress(fmt::format("fetching {} {}", recipe.package, archive.id));
    return fetch(recipe, archive, folder);
  };
  HOTGATE_TRY(fs::path entry, harness::cacheEntry(cache, "public-" + archive.sha256, build));
  if (const auto hash = hashOf(entry / archiveName); hash && *hash == archive.sha256)
    return entry / archiveName;
  progress(fmt::format("{} is damaged", entry.string()));
  HOTGATE_CHECK(harness::dropCacheEntry(entry));
  HOTGATE_TRY(entry, harness::cacheEntry(cache, "public-" + archive.sha256, build));
  return entry / archiveName;
}

} // namespace hotgate::corpus
