#include "rules/engine/sql_outline.h"

#include <algorithm>
#include <array>

namespace hotgate::rules {

namespace {

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool isWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Offset behind the comment or quoted text that begins at `at`; `at` itself when neither begins there.
size_t skipOpaque(std::string_view sql, size_t at) {
  const auto behind = [&](std::string_view end, size_t from) {
    const size_t found = sql.find(end, from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with("--"))
    return behind("\n", at);
  if (rest.starts_with("/*"))
    return behind("*/", at + 2);
  // A doubled quote inside a quoted text closes it and opens it again at once: the same end.
  switch (sql[at]) {
  case '\'':
    return behind("'", at + 1);
  case '"':
    return behind("\"", at + 1);
  case '`':
    return behind("`", at + 1);
  case '[':
    return behind("]", at + 1);
  default:
    return at;
  }
}

std::string upper(std::string_view word) {
  std::string result(word);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return result;
}

bool isVerb(std::string_view word) {
  constexpr std::array<std::string_view, 6> verbs{"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"};
  return std::ranges::find(verbs, word) != verbs.end();
}

} // namespace

SqlOutline outlineOf(std::string_view sql) {
  SqlOutline outline;
  outline.statementEnd = sql.size();
  outline.nextStatement = sql.size();
  std::string first;
  int depth = 0;
  bool ended = false;
  for (size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    const bool comment = sql.substr(at, 2) == "--" || sql.substr(at, 2) == "/*";
    if (isSpace(c) || comment) {
      at = comment ? skipOpaque(sql, at) : at + 1;
      continue;
    }
    if (ended) {
      outline.nextStatement = at;
      break;
    }
    size_t end = std::max(skipOpaque(sql, at), at + 1);
    if (isWord(c)) {
      while (end < sql.size() && isWord(sql[end]))
        ++end;
      const std::string word = upper(sql.substr(at, end - at));
      if (first.empty())
        first = word;
      // In a WITH clause the statements are in brackets; the first verb outside of them is what is done.
      if (outline.verb.empty() && depth == 0 && (first != "WITH" || isVerb(word)))
        outline.verb = word;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (c == ';') {
      ended = true;
      outline.statementEnd = end;
    }
    at = end;
  }
  return outline;
}

} // namespace hotgate::rules
