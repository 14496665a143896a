// hotgate diff for people: what changed, by function, with the first difference side by side.
#include "cli/diff_command.h"
#include "support/printable_text.h"

#include <algorithm>

namespace hotgate::cli {

namespace {

using analyzer::ChangeStatus;
using analyzer::FunctionDifference;

constexpr size_t columnWidth = 33; // of one side of the listing; both, the addresses and the mark fill 80

class DiffText {
public:
  explicit DiffText(const ComparedImages &images) : images_(images) {}

  std::string render() {
    summary();
    functions();
    types();
    globals();
    imageChanges();
    ledger();
    return std::move(text_);
  }

private:
  template <class... Values> void line(fmt::format_string<Values...> format, Values &&...values) {
    text_ += fmt::format(format, std::forward<Values>(values)...) + '\n';
  }

  size_t count(ChangeStatus status) const {
    return static_cast<size_t>(std::count_if(images_.diff.functions.begin(), images_.diff.functions.end(),
                                             [&](const auto &f) { return f.status == status; }));
  }

  void summary() {
    line("{} -> {} ({}, symbols: {} / {})", printable(images_.pre.image().moduleName()),
         printable(images_.post.image().moduleName()), analyzer::machineName(images_.pre.image().machine()),
         analyzer::symbolLevelName(images_.pre.symbols().level),
         analyzer::symbolLevelName(images_.post.symbols().level));
    line("functions: {} changed, {} added, {} removed, {} identical", count(ChangeStatus::changed),
         count(ChangeStatus::added), count(ChangeStatus::removed), count(ChangeStatus::identical));
    line("types: {} differ; data: {} differ; bytes without an explanation: {}", images_.diff.types.size(),
         images_.diff.globals.size(), unattributed());
  }

  uint64_t unattributed() const {
    const auto found = images_.diff.ledger.byCause.find(analyzer::Cause::unattributed);
    return found == images_.diff.ledger.byCause.end() ? 0 : found->second.pre + found->second.post;
  }

  void functions() {
    for (const FunctionDifference &difference : images_.diff.functions)
      if (difference.status != ChangeStatus::identical || images_.all)
        function(difference);
  }

  void function(const FunctionDifference &difference) {
    const analyzer::Program &side = difference.pre ? images_.pre : images_.post;
    const analyzer::Function &f = side.functions()[difference.pre ? *difference.pre : *difference.post];
    std::string where = fmt::format("0x{:x}", f.body.rva);
    if (difference.pre && difference.post)
      where += fmt::format(" -> 0x{:x}", images_.post.functions()[*difference.post].body.rva);
    if (difference.status != ChangeStatus::identical)
      line("");
    line("{:<9} {}  {}", analyzer::changeStatusName(difference.status), shortened(printable(f.name), 40), where);
    if (!difference.reasons.empty())
      line("          {}", fmt::join(difference.reasons, ", "));
    for (const analyzer::ListingRow &row : difference.listing)
      listingRow(row);
  }

  void listingRow(const analyzer::ListingRow &row) {
    const auto side = [](const std::optional<uint32_t> &rva, const std::string &text) {
      return rva ? fmt::format("{:>6x} {:<{}}", *rva, shortened(printable(text), columnWidth - 7), columnWidth - 7)
                 : std::string(columnWidth, ' ');
    };
    std::string both = fmt::format("  {} {} {}", side(row.preRva, row.preText), row.differs ? '|' : ' ',
                                   side(row.postRva, row.postText));
    both.erase(both.find_last_not_of(' ') + 1);
    line("{}", both);
  }

  void types() {
    for (const analyzer::TypeDifference &type : images_.diff.types) {
      const auto size = [](const std::optional<uint64_t> &bytes) { return bytes ? fmt::format("{}", *bytes) : "-"; };
      line("");
      line("{} {} {}: {} -> {} bytes", analyzer::changeStatusName(type.status), type.kind,
           shortened(printable(type.name), 40), size(type.preSize), size(type.postSize));
      for (const analyzer::FieldDifference &field : type.fields)
        line("  {:<8} {:>6} {:>6}  {}", analyzer::fieldStatusName(field.status), size(field.preOffset),
             size(field.postOffset), shortened(printable(field.name), 50));
    }
  }

  void globals() {
    if (!images_.diff.globals.empty())
      line("");
    for (const analyzer::GlobalDifference &global : images_.diff.globals)
      line("{} {} data {}: {}", analyzer::changeStatusName(global.status), global.isMutable ? "mutable" : "constant",
           shortened(printable(global.name), 40), fmt::join(global.reasons, ", "));
  }

  void imageChanges() {
    if (!images_.diff.image.empty())
      line("");
    for (const analyzer::ImageChange &change : images_.diff.image)
      line("{}: {}", change.kind, shortened(printable(change.detail), 60));
  }

  void ledger() {
    line("");
    line("{:<20} {:>14} {:>14}", "bytes by cause", "pre", "post");
    for (const auto &[cause, bytes] : images_.diff.ledger.byCause)
      line("{:<20} {:>14} {:>14}", analyzer::causeName(cause), bytes.pre, bytes.post);
  }

  const ComparedImages &images_;
  std::string text_;
};

} // namespace

std::string renderDiffText(const ComparedImages &images) { return DiffText(images).render(); }

} // namespace hotgate::cli
