#include "analyzer/package/expansion.h"

#include "analyzer/package/new_file.h"
#include "support/printable_text.h"

#include <algorithm>

namespace hotgate::analyzer {

namespace {

constexpr const char *expandYourself =
    "if the package is genuine, expand it with a tool of your own and give the folder instead";

uint64_t bytesAllowed(uint64_t packageSize, const ExpansionBudget &budget) {
  const bool isHuge = packageSize > budget.bytes / budget.bytesPerByte;
  const uint64_t bySize = isHuge ? budget.bytes : packageSize * budget.bytesPerByte;
  return std::min(budget.bytes, std::max(bySize, budget.bytesAlways));
}

} // namespace

Expansion::Expansion(std::string entity, uint64_t packageSize, const ExpansionBudget &budget)
    : entity_(std::move(entity)), bytesAllowed_(bytesAllowed(packageSize, budget)), filesAllowed_(budget.files),
      nestingAllowed_(budget.nesting) {}

Result<> Expansion::charge(uint64_t bytes, uint64_t files) {
  if (bytes > bytesAllowed_ - bytes_)
    return failInput(entity_, "",
                     fmt::format("expands to more than {} bytes, the most for a package of its size",
                                 grouped(static_cast<int64_t>(bytesAllowed_))),
                     expandYourself);
  if (files > filesAllowed_ - files_)
    return failInput(entity_, "", fmt::format("holds more than {} files", grouped(static_cast<int64_t>(filesAllowed_))),
                     expandYourself);
  bytes_ += bytes;
  files_ += files;
  return {};
}

Result<> Expansion::checkNesting(unsigned depth) const {
  if (depth > nestingAllowed_)
    return failInput(entity_, "", fmt::format("has packages in packages, more than {} deep", nestingAllowed_),
                     expandYourself);
  return {};
}

Result<std::string> safeName(std::string_view nameInPackage, const std::string &entity, const std::string &place) {
  std::string name(nameInPackage);
  std::ranges::replace(name, '\\', '/');
  const auto refuse = [&](const char *reason) {
    return failInput(entity, place, fmt::format("the file name '{}' {}", printable(nameInPackage), reason),
                     "do not use this package: it was not made by a packer that means well");
  };
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return refuse("holds control characters");
  if (name.find(':') != std::string::npos)
    return refuse("names a drive or a stream");
  if (name.empty() || name.front() == '/' || name.back() == '/')
    return refuse("is no path of a file below the package");
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = std::string_view(name).substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return refuse("leads out of the package");
    begin = end + 1;
  }
  return name;
}

Result<> writeExpanded(const std::filesystem::path &folder, const std::string &name, std::string_view bytes,
                       const std::string &entity) {
  HOTGATE_TRY(NewFile file, NewFile::create(folder, name, entity));
  if (!file.write(bytes.data(), bytes.size()))
    return file.failure();
  return {};
}

} // namespace hotgate::analyzer
