// The facts database: a thin, typed layer over SQLite. It knows the schema's text and nothing of its meaning.
//
//   HOTGATE_TRY(auto facts, facts::Database::create(out / "facts.sqlite"));
//   HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO input VALUES (?, ?)"));
//   HOTGATE_CHECK(insert.run("pre/dhcpsrv.exe", sha256));
//   HOTGATE_TRY(auto rows, facts.prepare("SELECT path FROM input ORDER BY path"));
//   for (;;) { HOTGATE_TRY(bool more, rows.step()); if (!more) break; use(rows.text(0)); }
//
// Parameters and columns: int64_t (and any integer), double, text, std::nullopt for NULL. A Database is used by one
// thread at a time.
#pragma once

#include "support/result.h"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace hotgate::facts {

// The text of schema.sql.
std::string_view schema();

class Statement {
public:
  // Binds all parameters in order and runs the statement to its end; for INSERT, UPDATE and DELETE.
  template <class... Values> Result<> run(const Values &...values) {
    HOTGATE_CHECK(bindAll(values...));
    HOTGATE_TRY([[maybe_unused]] const bool row, step());
    return {};
  }

  // Binds all parameters in order and rewinds; step() then gives the rows.
  template <class... Values> Result<> bindAll(const Values &...values) {
    rewind();
    int index = 0;
    Result<> bound;
    (void)((bound = bind(++index, values)).has_value() && ...);
    return bound;
  }

  // True while there is a row. Fault when SQLite refuses, with its reason.
  Result<bool> step();

  [[nodiscard]] int columnCount() const;
  [[nodiscard]] std::string columnName(int column) const;
  [[nodiscard]] bool isNull(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const; // "" for NULL

private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt *statement) const;
  };
  explicit Statement(sqlite3_stmt *statement) : statement_(statement) {}

  template <std::integral Value> Result<> bind(int index, Value value) {
    return bindInteger(index, static_cast<int64_t>(value));
  }
  Result<> bind(int index, double value);
  Result<> bind(int index, std::string_view value);
  Result<> bind(int index, const std::string &value) { return bind(index, std::string_view(value)); }
  Result<> bind(int index, const char *value) { return bind(index, std::string_view(value)); }
  Result<> bind(int index, std::nullopt_t);
  template <class Value> Result<> bind(int index, const std::optional<Value> &value) {
    return value ? bind(index, *value) : bind(index, std::nullopt);
  }
  Result<> bindInteger(int index, int64_t value);
  Result<> bound(int status);
  void rewind();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
public:
  // A new file with the schema applied; a file that stands there is replaced. ":memory:" is a database in memory.
  static Result<Database> create(const std::filesystem::path &path);
  // An existing facts database, read only. Errors: input, when missing or not a facts database.
  static Result<Database> open(const std::filesystem::path &path);

  // SQL text of one statement.
  Result<Statement> prepare(std::string_view sql);
  // SQL text of any number of statements without parameters ("BEGIN", test cases).
  Result<> execute(const std::string &sql);
  [[nodiscard]] int64_t lastInsertedId() const;
  // Ends a statement that takes more of SQLite's virtual machine instructions than this (some 100 million a second),
  // from now on and until it is called again; nullopt takes the limit away. A rule is anybody's SQL, and may not end.
  void limitInstructions(std::optional<int64_t> most);
  // True when a statement was ended by the limit that stands now.
  [[nodiscard]] bool isLimitSpent() const { return budget_ && *budget_ <= 0; }
  // A copy as a file of its own; a file that stands there is replaced. Errors: input, when it cannot be written.
  Result<> saveAs(const std::filesystem::path &path);

private:
  struct Close {
    void operator()(sqlite3 *handle) const;
  };
  Database(sqlite3 *handle, std::string name) : handle_(handle), name_(std::move(name)) {}

  std::unique_ptr<int64_t> budget_; // instructions left; SQLite's handler counts it down
  std::unique_ptr<sqlite3, Close> handle_;
  std::string name_;
};

} // namespace hotgate::facts
