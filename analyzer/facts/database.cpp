#include "analyzer/facts/database.h"

#include <sqlite3.h>
#include <system_error>

namespace hotgate::facts {

namespace {

Failure refused(sqlite3 *handle, const std::string &name, std::string_view doing) {
  return failFault(name, "", fmt::format("SQLite refused to {}: {}", doing, sqlite3_errmsg(handle)));
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3 *handle) const { sqlite3_close(handle); }

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
  case SQLITE_ROW:
    return true;
  case SQLITE_DONE:
    return false;
  default:
    return refused(sqlite3_db_handle(statement_.get()), "facts database",
                   fmt::format("run \"{}\"", sqlite3_sql(statement_.get())));
  }
}

int Statement::columnCount() const { return sqlite3_column_count(statement_.get()); }
std::string Statement::columnName(int column) const { return sqlite3_column_name(statement_.get(), column); }
bool Statement::isNull(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto *data = reinterpret_cast<const char *>(sqlite3_column_text(statement_.get(), column));
  return data == nullptr ? std::string()
                         : std::string(data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

Result<> Statement::bound(int status) {
  if (status == SQLITE_OK)
    return {};
  return refused(sqlite3_db_handle(statement_.get()), "facts database",
                 fmt::format("bind a parameter of \"{}\"", sqlite3_sql(statement_.get())));
}

Result<> Statement::bindInteger(int index, int64_t value) {
  return bound(sqlite3_bind_int64(statement_.get(), index, value));
}
Result<> Statement::bind(int index, double value) { return bound(sqlite3_bind_double(statement_.get(), index, value)); }
Result<> Statement::bind(int index, std::nullopt_t) { return bound(sqlite3_bind_null(statement_.get(), index)); }
Result<> Statement::bind(int index, std::string_view value) {
  return bound(sqlite3_bind_text64(statement_.get(), index, value.data() == nullptr ? "" : value.data(), value.size(),
                                   SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::rewind() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

Result<Database> Database::create(const std::filesystem::path &path) {
  if (path != ":memory:") {
    std::error_code ignored; // what cannot be removed cannot be opened either, and SQLite says why
    std::filesystem::remove(path, ignored);
  }
  sqlite3 *handle = nullptr;
  const int status = sqlite3_open(path.c_str(), &handle);
  Database database(handle, path.filename().string());
  if (status != SQLITE_OK)
    return refused(handle, database.name_, "create the file");
  // Facts are made anew by every run: a crash loses nothing that is worth a sync.
  HOTGATE_CHECK(database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"));
  HOTGATE_CHECK(database.execute(std::string(schema())));
  return database;
}

Result<Database> Database::open(const std::filesystem::path &path) {
  sqlite3 *handle = nullptr;
  const int status = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr);
  Database database(handle, path.filename().string());
  if (status != SQLITE_OK)
    return failInput(path.string(), "", fmt::format("cannot be opened: {}", sqlite3_errmsg(handle)),
                     "give the folder that 'hotgate gate' or 'hotgate check' wrote");
  if (!database.prepare("SELECT kb FROM kb"))
    return failInput(path.string(), "", "is not a facts database",
                     "give the folder that 'hotgate gate' or 'hotgate check' wrote");
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt *statement = nullptr;
  const int status = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK)
    return refused(handle_.get(), name_, fmt::format("prepare \"{}\"", sql));
  return Statement(statement);
}

Result<> Database::execute(const std::string &sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return refused(handle_.get(), name_, "run a script");
  return {};
}

void Database::limitInstructions(std::optional<int64_t> most) {
  constexpr int interval = 10'000;
  budget_ = most ? std::make_unique<int64_t>(*most) : nullptr;
  const auto countDown = [](void *left) {
    *static_cast<int64_t *>(left) -= interval;
    return *static_cast<int64_t *>(left) <= 0 ? 1 : 0;
  };
  sqlite3_progress_handler(handle_.get(), budget_ ? interval : 0, budget_ ? +countDown : nullptr, budget_.get());
}

Result<> Database::saveAs(const std::filesystem::path &path) {
  std::filesystem::path part = path;
  part += ".part";
  std::error_code error; // VACUUM INTO refuses a file that is there
  std::filesystem::remove(part, error);
  const auto refuse = [&](std::string reason) {
    return failInput(path.string(), "", fmt::format("cannot be written: {}", reason),
                     "check the folder and its permissions");
  };
  HOTGATE_TRY(auto copy, prepare("VACUUM INTO ?"));
  if (auto written = copy.run(part.string()); !written)
    return refuse(written.error().reason);
  std::filesystem::rename(part, path, error);
  if (error)
    return refuse(error.message());
  return {};
}

int64_t Database::lastInsertedId() const { return sqlite3_last_insert_rowid(handle_.get()); }

} // namespace hotgate::facts
