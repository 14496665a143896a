#include "corpus/public/recipe.h"

#include "support/strict_yaml.h"

#include <algorithm>

namespace hotgate::corpus {

namespace fs = std::filesystem;

namespace {

constexpr size_t hashLength = 64;

bool isHash(const std::string &text) {
  return text.size() == hashLength && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A path that stays below where it is put.
bool staysBelow(const fs::path &path) {
  return !path.empty() && path.is_relative() && std::ranges::find(path, fs::path("..")) == path.end();
}

// "SHA-256  id", as sha256sum prints it.
std::vector<Archive> readArchives(StrictYaml &file) {
  std::vector<Archive> archives;
  for (const std::string &line : file.texts("archives")) {
    const size_t blank = line.find("  ");
    Archive archive{line.substr(0, blank), blank == std::string::npos ? "" : line.substr(blank + 2)};
    if (!isHash(archive.sha256) || archive.id.empty() || archive.id.find_first_of("/ ") != std::string::npos)
      file.refuse("archives", fmt::format("'{}' is not a SHA-256, two blanks and a version or file name", line));
    archives.push_back(std::move(archive));
  }
  if (archives.empty())
    file.refuse("archives", "is empty");
  return archives;
}

} // namespace

Result<Recipe> readRecipe(const fs::path &path) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  Recipe recipe;
  recipe.path = path;
  recipe.name = path.stem().string();
  const std::string client = file.text("client");
  if (client != "npm" && client != "debian")
    file.refuse("client", fmt::format("'{}' is neither npm nor debian", client));
  recipe.client = client == "npm" ? Recipe::Client::npm : Recipe::Client::debian;
  recipe.package = file.text("package");
  recipe.archives = readArchives(file);
  if (file.has("members"))
    recipe.members = file.texts("members");
  for (const std::string &member : recipe.members)
    if (!staysBelow(member))
      file.refuse("members", fmt::format("'{}' leaves the archive", member));
  if (file.has("sources")) {
    StrictYaml sources = file.map("sources");
    recipe.root = sources.text("root");
    if (!staysBelow(recipe.root))
      sources.refuse("root", "leaves the archive");
    for (const std::string &patch : sources.texts("fix")) {
      if (!staysBelow(patch))
        sources.refuse("fix", fmt::format("'{}' leaves the archive", patch));
      recipe.fix.emplace_back(patch);
    }
  }
  HOTGATE_CHECK(file.finish());
  return recipe;
}

Result<std::vector<Recipe>> readRecipes(const fs::path &folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".yaml")
      paths.push_back(each->path());
  if (paths.empty())
    return failInput(folder.string(), "", error ? error.message() : "holds no recipes", "name corpus/public/recipes");
  std::ranges::sort(paths);
  std::vector<Recipe> recipes;
  for (const fs::path &path : paths) {
    HOTGATE_TRY(Recipe recipe, readRecipe(path));
    recipes.push_back(std::move(recipe));
  }
  return recipes;
}

} // namespace hotgate::corpus
