#include "rules/engine/verdict_json.h"

#include <nlohmann/json.hpp>

namespace hotgate::rules {

namespace {

using nlohmann::ordered_json;
constexpr std::string_view schemaName = "hotgate/verdict/1";

// One object of verdict.json while it is read: keeps the first error, so that a record is read field by field in order.
class Record {
public:
  Record(const ordered_json &object, std::string entity, std::string place)
      : object_(object), entity_(std::move(entity)), place_(std::move(place)) {
    if (!object_.is_object())
      refuse("is not an object");
  }

  std::string text(const char *key) {
    const ordered_json *value = find(key);
    if (value != nullptr && !value->is_string())
      refuse(fmt::format("\"{}\" is not a text", key));
    return error_ || value == nullptr ? std::string() : value->get<std::string>();
  }

  template <class Value> Value word(const char *key, std::optional<Value> (*valueOf)(std::string_view)) {
    const std::string read = text(key);
    const auto value = valueOf(read);
    if (!value)
      refuse(fmt::format("\"{}\" is \"{}\", which is no such word", key, read));
    return value.value_or(Value{});
  }

  const ordered_json &list(const char *key) {
    static const ordered_json nothing = ordered_json::array();
    const ordered_json *value = find(key);
    if (value != nullptr && !value->is_array())
      refuse(fmt::format("\"{}\" is not a list", key));
    return error_ || value == nullptr ? nothing : *value;
  }

  std::string objectText(const char *key) {
    const ordered_json *value = find(key);
    if (value != nullptr && !value->is_object())
      refuse(fmt::format("\"{}\" is not an object", key));
    return error_ || value == nullptr ? std::string() : value->dump();
  }

  void refuse(std::string reason) {
    if (!error_)
      error_ =
          Error{ErrorKind::input, entity_, place_, std::move(reason), "run 'hotgate gate' or 'hotgate check' again"};
  }

  [[nodiscard]] Result<> result() const {
    if (error_)
      return Failure(*error_);
    return {};
  }

private:
  const ordered_json *find(const char *key) {
    if (error_)
      return nullptr;
    const auto found = object_.find(key);
    if (found == object_.end()) {
      refuse(fmt::format("\"{}\" is missing", key));
      return nullptr;
    }
    return &*found;
  }

  const ordered_json &object_;
  std::string entity_;
  std::string place_;
  std::optional<Error> error_;
};

Result<Finding> readFinding(Record record) {
  Finding finding;
  finding.rule = record.text("rule");
  finding.severity = record.word("severity", severityOf);
  finding.confidence = record.word("confidence", confidenceOf);
  finding.fingerprint = record.text("fingerprint");
  finding.subject = record.text("subject");
  finding.message = record.text("message");
  finding.evidence = record.objectText("evidence");
  HOTGATE_CHECK(record.result());
  return finding;
}

Result<NotEvaluated> readNotEvaluated(Record record) {
  NotEvaluated entry{record.text("rule"), record.text("reason")};
  HOTGATE_CHECK(record.result());
  return entry;
}

Result<Input> readInput(Record record) {
  Input input{record.text("path"), record.text("sha256")};
  HOTGATE_CHECK(record.result());
  return input;
}

template <class Item>
Result<std::vector<Item>> readList(Record &record, const char *key, const std::string &entity,
                                   Result<Item> (*read)(Record)) {
  std::vector<Item> items;
  for (const ordered_json &element : record.list(key)) {
    HOTGATE_TRY(Item item, read(Record(element, entity, fmt::format("{}[{}]", key, items.size()))));
    items.push_back(std::move(item));
  }
  return items;
}

} // namespace

std::string writeVerdict(const Verdict &verdict) {
  ordered_json root{{"schema", schemaName},
                    {"verdict", toString(verdict.kind)},
                    {"findings", ordered_json::array()},
                    {"not_evaluated", ordered_json::array()},
                    {"inputs", ordered_json::array()}};
  for (const Finding &finding : verdict.findings)
    root["findings"].push_back({{"rule", finding.rule},
                                {"severity", toString(finding.severity)},
                                {"confidence", toString(finding.confidence)},
                                {"fingerprint", finding.fingerprint},
                                {"subject", finding.subject},
                                {"message", finding.message},
                                {"evidence", ordered_json::parse(finding.evidence)},
                                {"waived", false}});
  for (const NotEvaluated &entry : verdict.notEvaluated)
    root["not_evaluated"].push_back({{"rule", entry.rule}, {"reason", entry.reason}});
  for (const Input &input : verdict.inputs)
    root["inputs"].push_back({{"path", input.path}, {"sha256", input.sha256}});
  return root.dump(2) + "\n";
}

Result<Verdict> readVerdict(std::string_view text, const std::string &entity) {
  const auto json = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  Record root(json, entity, "");
  if (root.text("schema") != schemaName)
    root.refuse(fmt::format("\"schema\" is not {}", schemaName));
  Verdict verdict;
  verdict.kind = root.word("verdict", verdictKindOf);
  HOTGATE_TRY(verdict.findings, readList(root, "findings", entity, readFinding));
  HOTGATE_TRY(verdict.notEvaluated, readList(root, "not_evaluated", entity, readNotEvaluated));
  HOTGATE_TRY(verdict.inputs, readList(root, "inputs", entity, readInput));
  HOTGATE_CHECK(root.result());
  return verdict;
}

} // namespace hotgate::rules
