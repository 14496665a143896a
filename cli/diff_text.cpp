// hotgate diff for people, in 80 columns: the summary first, then each changed function with its first difference side
// by side, then data, types, the image's tables, and the ledger.
//
// Lists are cut after what a person reads; --all and --format json have everything.
#include "analyzer/diff/inferred_layout_text.h"
#include "cli/diff_command.h"
#include "cli/side_by_side.h"
#include "support/printable_text.h"

#include <algorithm>
#include <set>

namespace hotgate::cli {

namespace {

using analyzer::ChangeStatus;
using analyzer::Function;
using analyzer::FunctionDifference;
using analyzer::SymbolLevel;

constexpr size_t lineWidth = 80;
constexpr size_t mostChanged = 40; // functions with their first difference
constexpr size_t mostListed = 60;  // lines of any other list
constexpr size_t rowsBefore = 2;   // equal ones in front of the first difference
constexpr size_t mostRows = 10;    // of it

class DiffText {
public:
  explicit DiffText(const ComparedImages &images) : images_(images) {}

  std::string render() {
    summary();
    incomplete();
    changed();
    oneLineEach(ChangeStatus::added, "Added functions");
    oneLineEach(ChangeStatus::removed, "Removed functions");
    if (images_.all)
      oneLineEach(ChangeStatus::identical, "Identical functions");
    types();
    globals();
    inferredLayouts();
    imageChanges();
    ledger();
    return std::move(text_);
  }

private:
  template <class... Values> void line(fmt::format_string<Values...> format, Values &&...values) {
    std::string text = shortened(fmt::format(format, std::forward<Values>(values)...), lineWidth);
    text.erase(text.find_last_not_of(' ') + 1);
    text_ += text + '\n';
  }

  void heading(std::string_view title) {
    line("");
    line("{}", title);
  }

  size_t count(ChangeStatus status) const {
    return static_cast<size_t>(std::ranges::count(images_.diff.functions, status, &FunctionDifference::status));
  }

  // How much of a list is shown.
  size_t cut(size_t size, size_t most) const { return images_.all ? size : std::min(size, most); }

  void more(size_t size, size_t shown) {
    if (size > shown)
      line("  {} more, see --all or --format json", grouped(static_cast<int64_t>(size - shown)));
  }

  void summary() {
    const analyzer::Image &pre = images_.pre.image();
    line("{} -> {}", shortened(printable(pre.moduleName()), 36),
         shortened(printable(images_.post.image().moduleName()), 36));
    line("  machine    {}; symbols: {} -> {}", analyzer::machineName(pre.machine()),
         analyzer::symbolLevelName(images_.pre.symbols().level),
         analyzer::symbolLevelName(images_.post.symbols().level));
    line("  functions  {} changed, {} added, {} removed, {} identical", grouped(count(ChangeStatus::changed)),
         grouped(count(ChangeStatus::added)), grouped(count(ChangeStatus::removed)),
         grouped(count(ChangeStatus::identical)));
    line("             {} of the changed ones in source line numbers only",
         grouped(std::ranges::count_if(images_.diff.functions, &FunctionDifference::lineOnly)));
    const SymbolLevel level = std::min(images_.pre.symbols().level, images_.post.symbols().level);
    line("  data       {}", level == SymbolLevel::none
                                ? "not compared by name: that needs symbols of both images"
                                : fmt::format("{} differ", grouped(images_.diff.globals.size())));
    line("  types      {}", level != SymbolLevel::privateLevel
                                ? "not compared: that needs private symbols of both images"
                                : fmt::format("{} differ", grouped(images_.diff.types.size())));
    line("  image      {} changes of exports, imports, sections and headers", images_.diff.image.size());
    const auto differing = images_.diff.ledger.differing();
    line("  bytes      {} of {} differ in the new image; {} without a cause", grouped(differing.post),
         grouped(images_.post.image().fileBytes().size()), grouped(unattributed()));
    decoders();
  }

  void decoders() {
    const auto &pre = images_.preOpinions;
    const auto &post = images_.postOpinions;
    const size_t disagreeing = pre.disagreeing.size() + post.disagreeing.size();
    line("  decoders   {} read {} changed bodies too: {}", post.decoder, grouped(pre.functions + post.functions),
         disagreeing == 0 ? "it agrees" : fmt::format("it disagrees about {}", grouped(disagreeing)));
  }

  void incomplete() {
    if (images_.incomplete.empty())
      return;
    heading("Incomplete: this is what was done by then");
    for (const std::string &sentence : images_.incomplete)
      text_ += wrapped(printable(sentence), lineWidth, "  ");
    line("  Give a larger --budget (seconds) or --memory-budget (MiB).");
  }

  uint64_t unattributed() const {
    const auto found = images_.diff.ledger.byCause.find(analyzer::Cause::unattributed);
    return found == images_.diff.ledger.byCause.end() ? 0 : found->second.pre + found->second.post;
  }

  const Function *pre(const FunctionDifference &difference) const {
    return difference.pre ? &images_.pre.functions()[*difference.pre] : nullptr;
  }
  const Function *post(const FunctionDifference &difference) const {
    return difference.post ? &images_.post.functions()[*difference.post] : nullptr;
  }

  void changed() {
    const size_t all = count(ChangeStatus::changed);
    if (all == 0)
      return;
    heading("Changed functions");
    const size_t shown = cut(all, mostChanged);
    size_t index = 0;
    for (const FunctionDifference &difference : images_.diff.functions)
      if (difference.status == ChangeStatus::changed && index++ < shown)
        changedFunction(difference);
    if (all > shown)
      line("");
    more(all, shown);
  }

  void changedFunction(const FunctionDifference &difference) {
    const Function &before = *pre(difference);
    const Function &after = *post(difference);
    line("");
    line("{}", printable(before.name));
    line("  0x{:x} -> 0x{:x}, {} -> {} bytes, paired by {}", before.body.rva, after.body.rva,
         grouped(before.totalSize()), grouped(after.totalSize()), difference.matchedBy);
    line("  {}", fmt::join(difference.reasons, ", "));
    disagreement("pre", images_.preOpinions.of(*difference.pre));
    disagreement("post", images_.postOpinions.of(*difference.post));
    firstDifference(difference.listing);
  }

  void disagreement(std::string_view side, const analyzer::SecondOpinion *opinion) {
    if (opinion == nullptr)
      return;
    const analyzer::DecoderDisagreement &first = opinion->places.front();
    line("  decoders disagree, {} 0x{:x}: {} / {}", side, first.rva, shortened(printable(first.llvmText), 28),
         first.capstoneText.empty() ? "no instruction" : printable(first.capstoneText));
  }

  // From a little before the first row that differs to where both sides are the same again.
  void firstDifference(const std::vector<analyzer::ListingRow> &rows) {
    const auto first = std::ranges::find(rows, true, &analyzer::ListingRow::differs);
    if (first == rows.end())
      return;
    const auto same = std::find_if(first, rows.end(), [](const analyzer::ListingRow &row) { return !row.differs; });
    const auto begin = first - std::min<ptrdiff_t>(rowsBefore, first - rows.begin());
    const auto end = same - begin > ptrdiff_t{mostRows} ? begin + mostRows : same + (same == rows.end() ? 0 : 1);
    for (auto row = begin; row != end; ++row)
      text_ += sideBySide(*row, lineWidth);
  }

  void oneLineEach(ChangeStatus status, std::string_view title) {
    const size_t all = count(status);
    if (all == 0)
      return;
    heading(title);
    const size_t shown = cut(all, mostListed);
    size_t index = 0;
    for (const FunctionDifference &difference : images_.diff.functions)
      if (difference.status == status && index++ < shown)
        functionLine(difference);
    more(all, shown);
  }

  void functionLine(const FunctionDifference &difference) {
    const Function *before = pre(difference);
    const Function *after = post(difference);
    const Function &named = before != nullptr ? *before : *after;
    std::string where = fmt::format("0x{:x}", named.body.rva);
    if (before != nullptr && after != nullptr)
      where += fmt::format(" -> 0x{:x}", after->body.rva);
    line("  {:<22} {:>7}  {}{}", where, grouped(named.totalSize()), printable(named.name),
         decodersDisagree(difference) ? " (decoders disagree)" : "");
  }

  bool decodersDisagree(const FunctionDifference &difference) const {
    return (difference.pre && images_.preOpinions.of(*difference.pre) != nullptr) ||
           (difference.post && images_.postOpinions.of(*difference.post) != nullptr);
  }

  // Root causes with what they reach; what only holds one of them is told there.
  void types() {
    const auto &types = images_.diff.types;
    const auto isShown = [&](const analyzer::TypeDifference &type) { return images_.all || type.causes.empty(); };
    const auto all = static_cast<size_t>(std::ranges::count_if(types, isShown));
    const size_t shown = cut(all, mostListed);
    size_t index = 0;
    for (size_t i = 0; i < types.size(); ++i)
      if (isShown(types[i]) && index++ < shown)
        type(types[i], images_.diff.typeReach[i]);
    more(all, shown);
    for (const analyzer::HierarchyDifference &difference : images_.diff.hierarchies) {
      line("");
      line("class {}: bases change", printable(difference.name));
      text_ += wrapped(fmt::format("pre  {}", orNone(difference.preBases)), lineWidth, "  ");
      text_ += wrapped(fmt::format("post {}", orNone(difference.postBases)), lineWidth, "  ");
    }
  }

  static std::string orNone(const std::string &bases) { return bases.empty() ? "none" : printable(bases); }

  void type(const analyzer::TypeDifference &type, const analyzer::TypeReach &reach) {
    const auto size = [](const std::optional<uint64_t> &bytes) { return bytes ? grouped(*bytes) : "-"; };
    line("");
    line("{} {}, {}: {} -> {} bytes", type.kind, shortened(printable(type.name), 40),
         analyzer::changeStatusName(type.status), size(type.preSize), size(type.postSize));
    if (type.isAmbiguous)
      line("  {} definitions -> {}: which of them changed is not known", type.preDefinitions, type.postDefinitions);
    if (type.preUnderlying != type.postUnderlying)
      line("  stands for {} -> {}", printable(type.preUnderlying), printable(type.postUnderlying));
    for (const analyzer::FieldDifference &field : type.fields)
      line("  {:<8} {:>8} {:>8}  {}", analyzer::fieldStatusName(field.status),
           place(field, field.preOffset, field.preBit), place(field, field.postOffset, field.postBit),
           printable(field.name));
    reached("because of", {type.causes.begin(), type.causes.end()});
    if (type.status == ChangeStatus::changed)
      reaches(reach);
  }

  // "24", "24.3" for bit 3, "-1" for an enumerator, "slot 16".
  static std::string place(const analyzer::FieldDifference &field, const std::optional<uint64_t> &offset,
                           const std::optional<uint8_t> &bit) {
    if (!offset)
      return "-";
    if (field.kind == analyzer::FieldKind::enumerator)
      return grouped(static_cast<int64_t>(*offset));
    if (field.kind == analyzer::FieldKind::staticMember)
      return "static";
    if (field.kind == analyzer::FieldKind::virtualMethod)
      return fmt::format("slot {}", *offset);
    return grouped(static_cast<int64_t>(*offset)) + (bit ? fmt::format(".{}", *bit) : "");
  }

  void reached(std::string_view how, const std::set<std::string> &names) {
    constexpr size_t most = 8;
    if (names.empty())
      return;
    std::string text = fmt::format("{}:", how);
    size_t shown = 0;
    for (const std::string &name : names)
      if (images_.all || shown < most) {
        text += (shown == 0 ? " " : ", ") + printable(name);
        ++shown;
      }
    if (shown < names.size())
      text += fmt::format(" and {} more", names.size() - shown);
    text_ += wrapped(text, lineWidth, "  ");
  }

  void reaches(const analyzer::TypeReach &reach) {
    using analyzer::ReachKind;
    const auto names = [&](ReachKind kind) {
      std::set<std::string> result;
      for (const analyzer::ReachedPlace &place : reach.places)
        if (place.kind == kind)
          result.insert(place.name);
      return result;
    };
    std::set<std::string> functions;
    for (const analyzer::MemberUse &use : reach.uses)
      functions.insert(images_.pre.functions()[use.function].name);
    for (const ReachKind kind :
         {ReachKind::embeddedIn, ReachKind::pointedToBy, ReachKind::global, ReachKind::globalPointer,
          ReachKind::usesGlobal, ReachKind::local, ReachKind::parameter, ReachKind::pointer, ReachKind::allocation})
      reached(analyzer::reachKindName(kind), names(kind));
    reached("touch what changed", functions);
  }

  void inferredLayouts() {
    const auto &layouts = images_.diff.inferredLayouts;
    if (layouts.empty())
      return;
    heading("Layouts that the code shows, without types");
    const size_t shown = cut(layouts.size(), mostListed);
    for (size_t i = 0; i < shown; ++i)
      inferredLayout(layouts[i]);
    more(layouts.size(), shown);
  }

  void inferredLayout(const analyzer::InferredLayout &layout) {
    line("");
    text_ += wrapped(printable(fmt::format("{} (confidence {})", analyzer::inferredLayoutText(layout),
                                           analyzer::layoutConfidenceName(layout.confidence))),
                     lineWidth, "  ");
    for (const analyzer::LayoutEvidenceLine &evidence : analyzer::inferredLayoutEvidence(layout))
      line("    {:<24} {} in {}", evidence.change, evidence.places, printable(nameOf(evidence.function)));
  }

  std::string nameOf(analyzer::FunctionIndex function) const { return images_.pre.functions()[function].name; }

  void globals() {
    const auto &globals = images_.diff.globals;
    if (globals.empty())
      return;
    heading("Data");
    const size_t shown = cut(globals.size(), mostListed);
    for (size_t i = 0; i < shown; ++i) {
      const std::string reasons = fmt::format("{}", fmt::join(globals[i].reasons, ", "));
      line("  {:<8} {:<9} {}{}{}", analyzer::changeStatusName(globals[i].status),
           globals[i].isMutable ? "mutable" : "constant", shortened(printable(globals[i].name), 30),
           reasons.empty() ? "" : ": ", reasons);
    }
    more(globals.size(), shown);
  }

  void imageChanges() {
    const auto &changes = images_.diff.image;
    if (changes.empty())
      return;
    heading("Image");
    const size_t shown = cut(changes.size(), mostListed);
    for (size_t i = 0; i < shown; ++i)
      line("  {}: {}", changes[i].kind, printable(changes[i].detail));
    more(changes.size(), shown);
  }

  void ledger() {
    line("");
    line("{:<20} {:>16} {:>16}", "Bytes by cause", "pre", "post");
    for (const auto &[cause, bytes] : images_.diff.ledger.byCause)
      line("  {:<18} {:>16} {:>16}", analyzer::causeName(cause), grouped(bytes.pre), grouped(bytes.post));
    const auto &ranges = images_.diff.ledger.unattributed;
    if (ranges.empty())
      return;
    heading("Bytes without a cause");
    const size_t shown = cut(ranges.size(), mostListed);
    for (size_t i = 0; i < shown; ++i)
      line("  {:<4} file offset 0x{:x}, {} bytes{}", ranges[i].isPost ? "post" : "pre", ranges[i].fileOffset,
           grouped(ranges[i].size), ranges[i].section.empty() ? "" : " in " + printable(ranges[i].section));
    more(ranges.size(), shown);
  }

  const ComparedImages &images_;
  std::string text_;
};

} // namespace

std::string renderDiffText(const ComparedImages &images) { return DiffText(images).render(); }

} // namespace hotgate::cli
