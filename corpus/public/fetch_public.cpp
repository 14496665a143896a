// fetch_public RECIPES OUT: the public corpus, laid out for the tests.
//
//   OUT/images/NAME/VERSION/MEMBER         images and PDBs as their makers packed them
//   OUT/sources/NAME/{pre,post,shifted}    trees to build: the original, the fixed one, and the original with 40 blank
//                                          lines at the top of every file
//
// What a recipe gave last time stays when neither the recipe nor the patches beside it have changed; the archives'
// hashes are verified all the same.
#include "corpus/public/fetch.h"
#include "harness/vm/child_process.h"
#include "support/output_file.h"
#include "support/sha256.h"

#include <cstdio>

namespace fs = std::filesystem;
using namespace hotgate;
using corpus::Archive;
using corpus::Recipe;

namespace {

constexpr std::chrono::minutes toolDeadline{5};
constexpr size_t blankLines = 40;
constexpr const char *madeFrom = "made-from"; // in what a recipe gave: the hash of all that it was made from

void say(std::string_view text) { std::fputs(fmt::format("{}\n", text).c_str(), stdout); }

Result<> runTool(const fs::path &about, std::vector<std::string> arguments) {
  const std::string tool = arguments.front();
  HOTGATE_TRY(auto child, harness::ChildProcess::start({.arguments = std::move(arguments)}));
  HOTGATE_TRY(const int status, child.wait(harness::after(toolDeadline)));
  if (status != 0)
    return failInput(about.string(), "",
                     fmt::format("{} ended with exit code {}:\n{}", tool, status, child.outputTail()));
  return {};
}

Result<> makeFolder(const fs::path &folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return failInput(folder.string(), "", error.message(), "make the folder writable");
  return {};
}

Result<> copyTree(const fs::path &from, const fs::path &to) {
  HOTGATE_CHECK(makeFolder(to.parent_path()));
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (error)
    return failInput(from.string(), "", error.message(), "see whether the recipe names its root rightly");
  return {};
}

Result<> unpackImages(const Recipe &recipe, const Archive &archive, const fs::path &file, const fs::path &out) {
  const fs::path folder = out / "images" / recipe.name / archive.id;
  HOTGATE_CHECK(makeFolder(folder));
  std::vector<std::string> command = {"tar", "-xf", file.string(), "-C", folder.string()};
  command.insert(command.end(), recipe.members.begin(), recipe.members.end());
  return runTool(recipe.path, std::move(command));
}

Result<> shiftLines(const fs::path &tree) {
  std::error_code error;
  for (fs::recursive_directory_iterator each(tree, error), end; !error && each != end; each.increment(error))
    if (each->is_regular_file() && (each->path().extension() == ".c" || each->path().extension() == ".h")) {
      HOTGATE_TRY(const std::string text, readFile(each->path()));
      HOTGATE_CHECK(writeFile(each->path(), std::string(blankLines, '\n') + text));
    }
  if (error)
    return failInput(tree.string(), "", error.message());
  return {};
}

Result<> makeTrees(const Recipe &recipe, const std::vector<fs::path> &archives, const fs::path &out) {
  const fs::path trees = out / "sources" / recipe.name;
  const fs::path unpacked = trees / "unpacked";
  HOTGATE_CHECK(makeFolder(unpacked));
  for (const fs::path &archive : archives)
    HOTGATE_CHECK(runTool(recipe.path, {"tar", "-xf", archive.string(), "-C", unpacked.string()}));
  for (const char *tree : {"pre", "post", "shifted"})
    HOTGATE_CHECK(copyTree(unpacked / recipe.root, trees / tree));
  HOTGATE_CHECK(shiftLines(trees / "shifted"));
  for (const fs::path &fix : recipe.fix) {
    std::error_code missing;
    const fs::path inArchive = unpacked / fix;
    const fs::path patch = fs::exists(inArchive, missing) ? inArchive : recipe.path.parent_path() / fix;
    HOTGATE_CHECK(runTool(patch, {"patch", "-p1", "--batch", "--forward", "--fuzz=0", "--no-backup-if-mismatch", "-d",
                                  (trees / "post").string(), "-i", patch.string()}));
  }
  return {};
}

Result<std::string> identityOf(const Recipe &recipe) {
  HOTGATE_TRY(std::string texts, readFile(recipe.path));
  for (const fs::path &fix : recipe.fix)
    if (std::error_code error; fs::exists(recipe.path.parent_path() / fix, error)) {
      HOTGATE_TRY(const std::string patch, readFile(recipe.path.parent_path() / fix));
      texts += patch;
    }
  return sha256Hex(texts);
}

// Everything that a recipe gives lies in these two folders.
std::vector<fs::path> foldersOf(const Recipe &recipe, const fs::path &out) {
  std::vector<fs::path> folders;
  if (!recipe.members.empty())
    folders.push_back(out / "images" / recipe.name);
  if (recipe.hasSources())
    folders.push_back(out / "sources" / recipe.name);
  return folders;
}

Result<> layOut(const Recipe &recipe, const std::vector<fs::path> &files, const fs::path &out) {
  HOTGATE_TRY(const std::string identity, identityOf(recipe));
  bool isThere = true;
  for (const fs::path &folder : foldersOf(recipe, out)) {
    const auto last = readFile(folder / madeFrom);
    isThere = isThere && last && *last == identity;
  }
  if (isThere)
    return {};
  for (const fs::path &folder : foldersOf(recipe, out)) {
    std::error_code error;
    fs::remove_all(folder, error);
  }
  if (!recipe.members.empty())
    for (size_t index = 0; index < files.size(); ++index)
      HOTGATE_CHECK(unpackImages(recipe, recipe.archives[index], files[index], out));
  if (recipe.hasSources())
    HOTGATE_CHECK(makeTrees(recipe, files, out));
  for (const fs::path &folder : foldersOf(recipe, out))
    HOTGATE_CHECK(writeFile(folder / madeFrom, identity));
  return {};
}

Result<> provide(const Recipe &recipe, const fs::path &cache, const fs::path &out) {
  std::vector<fs::path> files;
  for (const Archive &archive : recipe.archives) {
    HOTGATE_TRY(fs::path file, corpus::provideArchive(recipe, archive, cache, say));
    files.push_back(std::move(file));
  }
  HOTGATE_CHECK(layOut(recipe, files, out));
  say(fmt::format("{}: {} {}", recipe.name, recipe.package, recipe.archives.back().id));
  return {};
}

Result<> provideAll(const fs::path &recipesFolder, const fs::path &out) {
  HOTGATE_TRY(const auto recipes, corpus::readRecipes(fs::absolute(recipesFolder)));
  HOTGATE_TRY(const fs::path cache, harness::defaultCacheFolder());
  for (const Recipe &recipe : recipes)
    HOTGATE_CHECK(provide(recipe, cache, out));
  return {};
}

} // namespace

int main(int count, char **arguments) {
  if (count != 3) {
    std::fputs("usage: fetch_public RECIPES OUT\n", stderr);
    return 4;
  }
  if (const auto done = provideAll(arguments[1], arguments[2]); !done) {
    std::fputs((done.error().message() + "\n").c_str(), stderr);
    return 5;
  }
  return 0;
}
