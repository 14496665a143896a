// Reads rule files. The form is strict on purpose: a head field that is misspelt or a second statement that SQLite
// would ignore must stop the gate, since a rule that does not do what it says approves what it should block.
#include "analyzer/facts/database.h"
#include "rules/engine/rule.h"
#include "rules/engine/sql_outline.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

namespace hotgate::rules {

namespace {

constexpr size_t largestRuleFile = 0x10000;
constexpr std::string_view guide = "see docs/how-to-add-a-rule.md";

struct HeadField {
  std::string text;
  size_t line = 0;
};

// The head's fields, in the order that every file keeps.
constexpr std::array<std::string_view, 7> fieldNames{"id",    "title",     "severity", "confidence",
                                                     "needs", "mechanism", "action"};

struct RuleFile {
  std::string name; // the file name, for messages
  std::map<std::string, HeadField, std::less<>> head;
  std::string sql;
  size_t sqlLine = 0;
};

Failure refuse(const std::string &file, size_t line, std::string reason, std::string next = std::string(guide)) {
  return failInput(file, line == 0 ? "" : fmt::format("line {}", line), std::move(reason), std::move(next));
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

Result<std::string> readText(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(largestRuleFile + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || stream.gcount() == 0)
    return refuse(path.filename().string(), 0, "cannot be read, or is empty");
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() > largestRuleFile)
    return refuse(path.filename().string(), 0, fmt::format("is larger than {} bytes", largestRuleFile));
  if (text.find('\0') != std::string::npos)
    return refuse(path.filename().string(), 0, "holds a zero byte, so it is not SQL text");
  return text;
}

// "-- key: text" begins a field, "--   text" goes on with it.
Result<> readHeadLine(RuleFile &file, std::string_view comment, size_t line, size_t &current) {
  if (comment.starts_with("   ") && current > 0) {
    file.head.find(fieldNames[current - 1])->second.text += " " + std::string(trim(comment));
    return {};
  }
  const size_t colon = comment.find(": ");
  const std::string_view key = trim(comment.substr(0, colon));
  if (colon == std::string_view::npos || !comment.starts_with(" ") || comment.starts_with("  "))
    return refuse(file.name, line, "a head line is neither \"-- field: text\" nor \"--   more text\"");
  if (current == fieldNames.size() || key != fieldNames[current]) {
    const std::string_view expected = current == fieldNames.size() ? "the SELECT" : fieldNames[current];
    return refuse(file.name, line, fmt::format("the head has the field \"{}\" where {} is due", key, expected));
  }
  const std::string_view text = trim(comment.substr(colon + 1));
  if (text.empty())
    return refuse(file.name, line, fmt::format("the field \"{}\" is empty", key));
  file.head.emplace(key, HeadField{std::string(text), line});
  ++current;
  return {};
}

Result<RuleFile> splitFile(const std::filesystem::path &path) {
  RuleFile file;
  file.name = path.filename().string();
  HOTGATE_TRY(const std::string text, readText(path));
  size_t line = 1;
  size_t current = 0;
  size_t at = 0;
  for (; text.compare(at, 2, "--") == 0; ++line) {
    const size_t end = std::min(text.find('\n', at), text.size());
    HOTGATE_CHECK(readHeadLine(file, std::string_view(text).substr(at + 2, end - at - 2), line, current));
    at = std::min(end + 1, text.size());
  }
  if (current < fieldNames.size())
    return refuse(file.name, line, fmt::format("the head ends without the field \"{}\"", fieldNames[current]));
  file.sql = text.substr(at);
  file.sqlLine = line;
  return file;
}

template <class Value>
Result<Value> wordIn(const RuleFile &file, std::string_view field, std::optional<Value> (*valueOf)(std::string_view),
                     std::string_view words) {
  const HeadField &head = file.head.find(field)->second;
  if (const auto value = valueOf(head.text))
    return *value;
  return refuse(file.name, head.line, fmt::format("{} is \"{}\"", field, head.text),
                fmt::format("write one of: {}", words));
}

Result<std::vector<Evidence>> readNeeds(const RuleFile &file) {
  const HeadField &head = file.head.find("needs")->second;
  std::vector<Evidence> needs;
  if (head.text == "none")
    return needs;
  std::istringstream words(head.text);
  for (std::string word; std::getline(words, word, ',');) {
    const auto evidence = evidenceOf(trim(word));
    if (!evidence || std::ranges::find(needs, *evidence) != needs.end())
      return refuse(file.name, head.line, fmt::format("needs has \"{}\", which is unknown or there twice", trim(word)),
                    "write none, or some of: public, private, hotpatch, lab, with commas between");
    needs.push_back(*evidence);
  }
  return needs;
}

size_t lineAt(const RuleFile &file, size_t offset) {
  const auto end = file.sql.begin() + static_cast<std::ptrdiff_t>(std::min(offset, file.sql.size()));
  return file.sqlLine + static_cast<size_t>(std::count(file.sql.begin(), end, '\n'));
}

// `empty` is a facts database without rows: it knows whether the SELECT fits the schema.
Result<std::string> readSelect(const RuleFile &file, facts::Database &empty) {
  const SqlOutline outline = outlineOf(file.sql);
  if (outline.verb != "SELECT")
    return refuse(file.name, file.sqlLine,
                  outline.verb.empty() ? "there is no SELECT behind the head"
                                       : fmt::format("the statement is {}, not SELECT", outline.verb));
  if (outline.nextStatement < file.sql.size())
    return refuse(file.name, lineAt(file, outline.nextStatement), "a second statement follows the SELECT",
                  "keep one SELECT; join what belongs together with UNION ALL");
  auto statement = empty.prepare(file.sql.substr(0, outline.statementEnd));
  if (!statement)
    return refuse(file.name, file.sqlLine, statement.error().reason, "compare with analyzer/facts/schema.sql");
  constexpr std::array<std::string_view, 3> columns{"subject", "message", "evidence"};
  std::vector<std::string> found;
  found.reserve(static_cast<size_t>(statement->columnCount()));
  for (int column = 0; column < statement->columnCount(); ++column)
    found.push_back(statement->columnName(column));
  if (!std::ranges::equal(found, columns))
    return refuse(file.name, file.sqlLine, fmt::format("the SELECT gives the columns ({})", fmt::join(found, ", ")),
                  "give exactly (subject, message, evidence)");
  return file.sql.substr(0, outline.statementEnd);
}

bool isRuleFileName(std::string_view name) {
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view slug = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return name.size() > 10 && name.starts_with("HG") && name.substr(2, 3).find_first_not_of(digits) == name.npos &&
         name[5] == '-' && name.ends_with(".sql") &&
         name.substr(6, name.size() - 10).find_first_not_of(slug) == name.npos;
}

Result<Rule> readRule(const std::filesystem::path &path, facts::Database &empty) {
  const std::string fileName = path.filename().string();
  if (!isRuleFileName(fileName))
    return refuse(fileName, 0, "the file name is not of the form HGnnn-some-name.sql", "rename the file");
  HOTGATE_TRY(const RuleFile file, splitFile(path));
  Rule rule;
  const HeadField &id = file.head.find("id")->second;
  if (id.text != fileName.substr(0, 5))
    return refuse(fileName, id.line, fmt::format("the id is \"{}\", but the file is named {}", id.text, fileName),
                  "make the id and the file name agree; ids are never reused");
  rule.id = id.text;
  rule.name = fileName.substr(6, fileName.size() - 10);
  rule.title = file.head.find("title")->second.text;
  HOTGATE_TRY(rule.severity, wordIn(file, "severity", severityOf, "block, incomplete, review, note"));
  if (rule.severity == Severity::incomplete && !rule.id.starts_with("HG9"))
    return refuse(fileName, file.head.find("severity")->second.line, "severity incomplete is for HG9xx rules only",
                  "use block or review: what the facts show is the patch's fault, not a gap in the judgement");
  HOTGATE_TRY(rule.confidence, wordIn(file, "confidence", confidenceOf, "high, medium, low"));
  HOTGATE_TRY(rule.needs, readNeeds(file));
  rule.mechanism = file.head.find("mechanism")->second.text;
  rule.action = file.head.find("action")->second.text;
  HOTGATE_TRY(rule.sql, readSelect(file, empty));
  return rule;
}

Result<std::vector<std::filesystem::path>> ruleFiles(const std::filesystem::path &folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".sql")
      files.push_back(entry->path());
  if (error)
    return failInput(folder.string(), "", fmt::format("the rule catalogue cannot be read: {}", error.message()),
                     "name the folder that holds the HGnnn-name.sql files");
  if (files.empty())
    return failInput(folder.string(), "", "the rule catalogue has no rules",
                     "name the folder that holds the HGnnn-name.sql files");
  std::ranges::sort(files);
  return files;
}

} // namespace

Result<std::vector<Rule>> loadCatalogue(const std::filesystem::path &folder) {
  HOTGATE_TRY(const auto files, ruleFiles(folder));
  HOTGATE_TRY(auto empty, facts::Database::create(":memory:"));
  std::vector<Rule> rules;
  for (const auto &path : files) {
    HOTGATE_TRY(Rule rule, readRule(path, empty));
    if (!rules.empty() && rules.back().id == rule.id) // sorted by file name, so by id
      return refuse(path.filename().string(), 1, fmt::format("the id {} is taken by {}", rule.id, rules.back().name),
                    "give the rule an id of its own; ids are never reused");
    rules.push_back(std::move(rule));
  }
  return rules;
}

} // namespace hotgate::rules
