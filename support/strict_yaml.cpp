// Limits: one document a file, at most sizeLimit bytes; duplicate keys are refused.
#include "support/strict_yaml.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <yaml-cpp/yaml.h>

namespace hotgate {
namespace {

constexpr uintmax_t sizeLimit = 64U << 10U;

std::string lineOf(const YAML::Mark &mark) {
  return mark.is_null() ? std::string() : fmt::format("line {}", mark.line + 1);
}

} // namespace

struct StrictYaml::Node {
  YAML::Node yaml; // a map, or undefined after an error
  std::string prefix;
  std::set<std::string> asked;
};

struct StrictYaml::Document {
  std::filesystem::path path;
  std::vector<std::shared_ptr<Node>> nodes;
  std::optional<Error> error;

  void fail(const YAML::Mark &mark, std::string reason) {
    if (!error)
      error = Error{ErrorKind::usage, path.string(), lineOf(mark), std::move(reason), "correct the file"};
  }
};

StrictYaml::StrictYaml(std::shared_ptr<Document> document, std::shared_ptr<Node> node)
    : document_(std::move(document)), node_(std::move(node)) {
  document_->nodes.push_back(node_);
}
StrictYaml::StrictYaml(StrictYaml &&) noexcept = default;
StrictYaml &StrictYaml::operator=(StrictYaml &&) noexcept = default;
StrictYaml::~StrictYaml() = default;

Result<StrictYaml> StrictYaml::open(const std::filesystem::path &path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file)
    return failInput(path.string(), "", "cannot be read", "give the path of a YAML file");
  if (size > sizeLimit)
    return failUsage(path.string(), "", fmt::format("has {} bytes, more than {}", size, sizeLimit), "correct the file");
  std::ostringstream text;
  text << file.rdbuf();
  auto document = std::make_shared<Document>();
  document->path = path;
  try {
    YAML::Node root = YAML::Load(text.str());
    if (!root.IsMap())
      return failUsage(path.string(), lineOf(root.Mark()), "is not a map of keys", "correct the file");
    return StrictYaml(document, std::make_shared<Node>(Node{root, "", {}}));
  } catch (const YAML::Exception &problem) {
    return failUsage(path.string(), lineOf(problem.mark), problem.msg, "correct the file");
  }
}

bool StrictYaml::has(const char *key) const {
  return node_->yaml.IsMap() && std::as_const(node_->yaml)[key].IsDefined();
}

std::vector<std::string> StrictYaml::keys() const {
  std::vector<std::string> names;
  if (node_->yaml.IsMap())
    for (const auto &entry : node_->yaml)
      if (entry.first.IsScalar())
        names.push_back(entry.first.Scalar());
  return names;
}

StrictYaml StrictYaml::map(const char *key) {
  node_->asked.insert(key);
  YAML::Node child;
  if (!has(key))
    document_->fail(node_->yaml.Mark(), fmt::format("the key {}{} is missing", node_->prefix, key));
  else if (child = std::as_const(node_->yaml)[key]; !child.IsMap())
    document_->fail(child.Mark(), fmt::format("{}{} must be a map of keys", node_->prefix, key));
  return {document_, std::make_shared<Node>(Node{child, node_->prefix + key + ".", {}})};
}

std::string StrictYaml::text(const char *key, const std::optional<std::string> &absent) {
  node_->asked.insert(key);
  if (!has(key)) {
    if (!absent)
      document_->fail(node_->yaml.Mark(), fmt::format("the key {}{} is missing", node_->prefix, key));
    return absent.value_or("");
  }
  const YAML::Node value = std::as_const(node_->yaml)[key];
  if (!value.IsScalar()) {
    document_->fail(value.Mark(), fmt::format("{}{} must be a single value", node_->prefix, key));
    return {};
  }
  return value.Scalar();
}

int64_t StrictYaml::integer(const char *key, int64_t least, int64_t most, std::optional<int64_t> absent) {
  const std::string written = text(key, absent ? std::optional(std::to_string(*absent)) : std::nullopt);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
  if (error != std::errc() || end != written.data() + written.size() || value < least || value > most) {
    refuse(key, fmt::format("must be a whole number from {} to {}, not \"{}\"", least, most, written));
    return least;
  }
  return value;
}

std::vector<std::string> StrictYaml::texts(const char *key) {
  node_->asked.insert(key);
  std::vector<std::string> values;
  const YAML::Node list = has(key) ? std::as_const(node_->yaml)[key] : YAML::Node();
  if (!list.IsSequence() || !std::all_of(list.begin(), list.end(), [](const auto &entry) { return entry.IsScalar(); }))
    refuse(key, "must be a list of single values");
  else
    for (const auto &entry : list)
      values.push_back(entry.Scalar());
  return values;
}

void StrictYaml::refuse(const char *key, const std::string &reason) {
  const YAML::Mark mark = has(key) ? std::as_const(node_->yaml)[key].Mark() : node_->yaml.Mark();
  document_->fail(mark, fmt::format("{}{} {}", node_->prefix, key, reason));
}

Result<> StrictYaml::finish() {
  for (const auto &node : document_->nodes) {
    std::set<std::string> seen;
    if (!node->yaml.IsMap())
      continue;
    for (const auto &entry : node->yaml) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "(not a single value)";
      if (!node->asked.contains(name))
        document_->fail(entry.first.Mark(), fmt::format("unknown key {}{}", node->prefix, name));
      else if (!seen.insert(name).second)
        document_->fail(entry.first.Mark(), fmt::format("the key {}{} is there twice", node->prefix, name));
    }
  }
  if (document_->error)
    return Failure(*document_->error);
  return {};
}

} // namespace hotgate
