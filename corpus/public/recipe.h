// What the public corpus is made of: which package, which version, with which hash; what is wanted out of it; and for
// sources, what makes the fixed tree from the original one. Nothing of others is in the repository, only these recipes.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::corpus {

// One archive, as its package client knows it.
struct Archive {
  std::string sha256;
  std::string id; // npm: the version; debian: the file's name
};

struct Recipe {
  enum class Client { npm, debian };

  std::filesystem::path path; // of the YAML file
  std::string name;           // the file's, without .yaml
  Client client = Client::npm;
  std::string package;
  std::vector<Archive> archives;
  std::vector<std::string>
      members; // images and PDBs wanted from every archive, as npm packs them: "package/bin/node.exe"

  // For sources. Both trees begin at `root` of the unpacked archives; `fix` are the patches that make post from pre:
  // members of the archives, or files beside the recipes.
  std::string root;
  std::vector<std::filesystem::path> fix;

  [[nodiscard]] bool hasSources() const { return !root.empty(); }
};

// Errors: input, for a file that is no recipe.
Result<Recipe> readRecipe(const std::filesystem::path &path);
// Every *.yaml of a folder, by name.
Result<std::vector<Recipe>> readRecipes(const std::filesystem::path &folder);

} // namespace hotgate::corpus
