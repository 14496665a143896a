// Our YAML files, read strictly: an unknown key, a missing one or a value out of its range is an error that names the
// file and the line. No exceptions out.
//
//   HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
//   StrictYaml scope = file.map("scope");
//   config.first = scope.integer("first", 1, 100);
//   HOTGATE_CHECK(file.finish());      the first error of the file and of all maps taken from it
#pragma once

#include "support/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotgate {

class StrictYaml {
public:
  static Result<StrictYaml> open(const std::filesystem::path &path);

  StrictYaml(StrictYaml &&) noexcept;
  StrictYaml &operator=(StrictYaml &&) noexcept;
  ~StrictYaml();

  // Each reads one key. Without a default the key must be there.
  StrictYaml map(const char *key);
  std::string text(const char *key, const std::optional<std::string> &absent = std::nullopt);
  int64_t integer(const char *key, int64_t least, int64_t most, std::optional<int64_t> absent = std::nullopt);
  std::vector<std::string> texts(const char *key);
  [[nodiscard]] bool has(const char *key) const;
  // All keys of a map whose keys are data, in the order of the file.
  [[nodiscard]] std::vector<std::string> keys() const;
  // A value that was read but cannot be meant.
  void refuse(const char *key, const std::string &reason);

  // Also refuses every key that nobody asked for, here and in the maps taken.
  Result<> finish();

private:
  struct Document;
  struct Node;
  StrictYaml(std::shared_ptr<Document> document, std::shared_ptr<Node> node);
  std::shared_ptr<Document> document_;
  std::shared_ptr<Node> node_;
};

} // namespace hotgate
