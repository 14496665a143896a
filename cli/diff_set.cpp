#include "cli/diff_set.h"

#include "cli/loaded_program.h"
#include "support/log.h"
#include "support/output_file.h"
#include "support/printable_text.h"
#include "support/scratch_folder.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace hotgate::cli {

namespace {

using analyzer::ChangeStatus;
using nlohmann::ordered_json;

// One image that is not the same bytes on both sides.
struct Row {
  const ImagePair &pair;
  std::map<ChangeStatus, size_t> functions;
  analyzer::Ledger::Bytes differing;
  std::vector<std::string> incomplete; // what a spent budget left undone
  std::string obstacle;                // why there is nothing of the above
};

struct Report {
  const DiffOptions &options;
  const ImageSet &set;
  std::vector<Row> rows;
};

// Each pair has a budget of its own.
Result<> compare(Row &row, const DiffOptions &options) {
  const Budget budget(options.budget);
  const SymbolSource symbols{std::nullopt, options.symbols, options.noSymbols};
  HOTGATE_TRY(const LoadedPair loaded, loadPair(row.pair.pre.path, symbols, row.pair.post.path, symbols, budget));
  const auto &[pre, post] = loaded;
  HOTGATE_TRY(const analyzer::ImageDiff diff, analyzer::diffPrograms(pre.program, post.program, budget));
  for (const analyzer::FunctionDifference &function : diff.functions)
    ++row.functions[function.status];
  row.differing = diff.ledger.differing();
  row.incomplete = diff.incomplete;
  return {};
}

// One image that cannot be read does not hide what is known about the others.
std::vector<Row> rowsOf(const ImageSet &set, const DiffOptions &options) {
  std::vector<Row> rows;
  for (const ImagePair &pair : set.pairs)
    if (!pair.isUnchanged())
      rows.push_back({pair, {}, {}, {}, pair.obstacle()});
  for (size_t i = 0; i < rows.size(); ++i) {
    log::progress(fmt::format("compare {}, {} of {}", printable(rows[i].pair.module), i + 1, rows.size()));
    if (!rows[i].obstacle.empty())
      continue;
    if (const auto compared = compare(rows[i], options); !compared)
      rows[i].obstacle = shownAs(shownAs(compared.error(), rows[i].pair.pre.path, rows[i].pair.pre.display),
                                 rows[i].pair.post.path, rows[i].pair.post.display)
                             .message();
  }
  log::endProgress();
  return rows;
}

// Files of both packages that could not be expanded, pre first.
std::vector<analyzer::UnexpandedFile> unexpanded(const ImageSet &set) {
  std::vector<analyzer::UnexpandedFile> files = set.pre.unexpanded;
  files.insert(files.end(), set.post.unexpanded.begin(), set.post.unexpanded.end());
  return files;
}

std::vector<std::string> notEvaluated(const Report &report) {
  std::vector<std::string> lines;
  for (const Row &row : report.rows) {
    if (!row.obstacle.empty())
      lines.push_back(row.pair.module + ": " + row.obstacle);
    for (const std::string &sentence : row.incomplete)
      lines.push_back(row.pair.module + ": " + sentence);
  }
  for (const std::vector<SingleImage> *singles : {&report.set.preOnly, &report.set.postOnly})
    for (const SingleImage &single : *singles)
      if (single.isAmbiguous)
        lines.push_back(single.reason);
  for (const analyzer::UnexpandedFile &file : unexpanded(report.set))
    lines.push_back(file.display + ": " + file.reason);
  return lines;
}

constexpr size_t mostListed = 60;

class Text {
public:
  explicit Text(const Report &report) : report_(report) {}

  std::string render() {
    summary();
    changed();
    list("Only in pre", report_.set.preOnly.size(), [&](size_t i) { return report_.set.preOnly[i].image.display; });
    list("Only in post", report_.set.postOnly.size(), [&](size_t i) { return report_.set.postOnly[i].image.display; });
    const std::vector<std::string> lines = notEvaluated(report_);
    list("Not evaluated", lines.size(), [&](size_t i) { return lines[i]; });
    return std::move(text_);
  }

private:
  template <class... Values> void line(fmt::format_string<Values...> format, Values &&...values) {
    text_ += fmt::format(format, std::forward<Values>(values)...) + '\n';
  }

  static std::string number(size_t value) { return grouped(static_cast<int64_t>(value)); }

  void summary() {
    const ImageSet &set = report_.set;
    line("{} -> {}", printable(report_.options.pre.string()), printable(report_.options.post.string()));
    for (const analyzer::Package *package : {&set.pre, &set.post})
      for (const auto &[display, identity] : package->identities)
        line("  package    {} {} {}", printable(identity.name), printable(identity.version),
             printable(identity.architecture));
    line("  images     {} changed, {} unchanged, {} only in pre, {} only in post", number(report_.rows.size()),
         number(set.unchanged()), number(set.preOnly.size()), number(set.postOnly.size()));
  }

  void changed() {
    if (report_.rows.empty())
      return;
    line("");
    line("{:<44}{:>8}{:>7}{:>8}{:>13}", "Changed images: functions", "changed", "added", "removed", "bytes");
    for (const Row &row : report_.rows) {
      const auto count = [&](ChangeStatus status) {
        const auto found = row.functions.find(status);
        return number(found == row.functions.end() ? 0 : found->second);
      };
      if (row.obstacle.empty())
        line("  {:<42}{:>8}{:>7}{:>8}{:>13}", shortened(printable(row.pair.module), 42), count(ChangeStatus::changed),
             count(ChangeStatus::added), count(ChangeStatus::removed), number(row.differing.post));
      else
        line("  {:<42}{}", shortened(printable(row.pair.module), 42), "not evaluated, see below");
      if (const std::string component = componentText(row.pair); !component.empty())
        line("    {}", printable(component));
    }
  }

  template <class Entry> void list(const char *title, size_t size, Entry entry) {
    if (size == 0)
      return;
    line("");
    line("{}", title);
    const size_t shown = report_.options.all ? size : std::min(size, mostListed);
    for (size_t i = 0; i < shown; ++i)
      line("  {}", printable(entry(i)));
    if (size > shown)
      line("  {} more, see --all or --format json", number(size - shown));
  }

  const Report &report_;
  std::string text_;
};

ordered_json imageJson(const analyzer::PackageImage &image) {
  ordered_json json = {{"path", asUtf8(image.display)}, {"machine", image.machine}, {"language", image.language}};
  if (image.component)
    json["component"] = {{"name", asUtf8(image.component->name)},
                         {"version", asUtf8(image.component->version)},
                         {"language", asUtf8(image.component->language)},
                         {"architecture", asUtf8(image.component->architecture)}};
  return json;
}

ordered_json sideJson(const analyzer::Package &package) {
  ordered_json packages = ordered_json::array();
  for (const auto &[display, identity] : package.identities)
    packages.push_back({{"path", asUtf8(display)},
                        {"name", asUtf8(identity.name)},
                        {"version", asUtf8(identity.version)},
                        {"architecture", asUtf8(identity.architecture)}});
  return {{"packages", std::move(packages)}, {"images", package.images.size()}};
}

ordered_json pairJson(const ImagePair &pair, const char *status) {
  ordered_json pre = imageJson(pair.pre);
  ordered_json post = imageJson(pair.post);
  pre["sha256"] = pair.preSha256;
  post["sha256"] = pair.postSha256;
  return {{"name", asUtf8(pair.module)}, {"status", status}, {"pre", std::move(pre)}, {"post", std::move(post)}};
}

ordered_json rowJson(const Row &row) {
  ordered_json json = pairJson(row.pair, row.obstacle.empty() ? "changed" : "not evaluated");
  if (!row.obstacle.empty()) {
    json["reason"] = asUtf8(row.obstacle);
    return json;
  }
  ordered_json functions = ordered_json::object();
  for (const ChangeStatus status :
       {ChangeStatus::changed, ChangeStatus::added, ChangeStatus::removed, ChangeStatus::identical}) {
    const auto found = row.functions.find(status);
    functions[std::string(analyzer::changeStatusName(status))] = found == row.functions.end() ? 0 : found->second;
  }
  json["functions"] = std::move(functions);
  if (!row.incomplete.empty())
    json["incomplete"] = row.incomplete;
  json["bytes_differing"] = {{"pre", row.differing.pre}, {"post", row.differing.post}};
  return json;
}

ordered_json imagesJson(const Report &report) {
  ordered_json images = ordered_json::array();
  for (const Row &row : report.rows)
    images.push_back(rowJson(row));
  if (report.options.all)
    for (const ImagePair &pair : report.set.pairs)
      if (pair.isUnchanged())
        images.push_back(pairJson(pair, "unchanged"));
  for (const SingleImage &single : report.set.preOnly)
    images.push_back({{"status", "removed"}, {"pre", imageJson(single.image)}, {"reason", asUtf8(single.reason)}});
  for (const SingleImage &single : report.set.postOnly)
    images.push_back({{"status", "added"}, {"post", imageJson(single.image)}, {"reason", asUtf8(single.reason)}});
  return images;
}

std::string renderJson(const Report &report) {
  ordered_json files = ordered_json::array();
  for (const analyzer::UnexpandedFile &file : unexpanded(report.set))
    files.push_back({{"path", asUtf8(file.display)}, {"reason", asUtf8(file.reason)}});
  const ordered_json document = {{"schema", "hotgate/diff-set/1"},
                                 {"pre", sideJson(report.set.pre)},
                                 {"post", sideJson(report.set.post)},
                                 {"images", imagesJson(report)},
                                 {"not_expanded", std::move(files)},
                                 {"summary",
                                  {{"changed", report.rows.size()},
                                   {"unchanged", report.set.unchanged()},
                                   {"removed", report.set.preOnly.size()},
                                   {"added", report.set.postOnly.size()}}}};
  return document.dump(2) + '\n';
}

bool isSet(const std::filesystem::path &path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error) || analyzer::isPackageFile(path);
}

// The last part of a path, whether or not a slash ends it.
std::string labelOf(const std::filesystem::path &path) {
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

} // namespace

bool isImageSet(const DiffOptions &options) { return isSet(options.pre) || isSet(options.post); }

Result<ExitCode> diffSetCommand(const DiffOptions &options) {
  if (options.prePdb || options.postPdb)
    return failUsage("hotgate diff", options.prePdb ? "--pre-pdb" : "--post-pdb",
                     "one PDB cannot be that of many images",
                     "put the PDBs beside the images, or name their folder with --symbols");
  HOTGATE_TRY(const ScratchFolder scratch, ScratchFolder::makeTemporary());
  HOTGATE_TRY(const ImageSet set,
              readImageSet({options.pre, labelOf(options.pre)}, {options.post, labelOf(options.post)}, scratch.path()));
  const Report report{options, set, rowsOf(set, options)};
  HOTGATE_CHECK(writeResult(options.out,
                            options.format == DiffOptions::Format::json ? renderJson(report) : Text(report).render()));
  return notEvaluated(report).empty() ? ExitCode::approve : ExitCode::incomplete;
}

} // namespace hotgate::cli
