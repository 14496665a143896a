#include "tests/accuracy/public_images.h"

#include "corpus/public/recipe.h"

namespace hotgate::accuracy {

namespace fs = std::filesystem;

Result<std::vector<PublicImage>> publicImages() {
  HOTGATE_TRY(const auto recipes, corpus::readRecipes(HOTGATE_RECIPES));
  std::vector<PublicImage> images;
  for (const corpus::Recipe &recipe : recipes)
    for (const std::string &member : recipe.members) {
      const fs::path file = member;
      if (file.extension() == ".pdb")
        continue;
      PublicImage image{recipe.name + " " + file.filename().string(), {}};
      for (const corpus::Archive &archive : recipe.archives) {
        image.versions.push_back(fs::path(HOTGATE_PUBLIC_IMAGES) / recipe.name / archive.id / file);
        if (std::error_code error; !fs::exists(image.versions.back(), error))
          return failInput(image.versions.back().string(), "", "is not there", "see the test accuracy.fetch");
      }
      images.push_back(std::move(image));
    }
  return images;
}

} // namespace hotgate::accuracy
