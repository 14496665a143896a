// hotgate explain for people: header, pairing, reasons, second opinion, and both bodies side by side.
#include "analyzer/diff/referent_text.h"
#include "cli/explain_command.h"
#include "cli/side_by_side.h"
#include "support/printable_text.h"

#include <algorithm>
#include <array>

namespace hotgate::cli {

namespace {

using analyzer::ChangeStatus;
using analyzer::ExplainedRow;
using analyzer::Function;
using analyzer::FunctionIndex;

constexpr size_t lineWidth = 100;
constexpr size_t addressWidth = 9;
constexpr size_t contextRows = 4;    // equal rows around a difference; longer runs are counted
constexpr size_t mostCandidates = 8; // of one side

// What each pairing pass went by.
struct PassWords {
  std::string_view pass;
  std::string_view words;
};
constexpr std::array passWords{
    PassWords{"linkage-name", "exactly one function on each side has this decorated name"},
    PassWords{"object-and-name", "exactly one function of this object file on each side has this name"},
    PassWords{"masked-body", "exactly one unpaired function on each side has these bytes, references masked"},
    PassWords{"referrers", "paired functions with equal code refer to them from the same places"},
    PassWords{"pointers", "paired data holds a pointer to each at the same place"},
    PassWords{"order", "as many functions with these bytes on both sides, between the same sure neighbours"},
    PassWords{"similar-neighbours", "the most alike in order, between the same sure neighbours; likeness only pairs"},
    PassWords{"similarity", "each is the other's best match of all that is unpaired, by far; likeness only pairs"},
    PassWords{"twins", "as many unpaired functions with these bytes on both sides; paired in address order"},
};

class ExplanationText {
public:
  explicit ExplanationText(const Explanation &explanation)
      : explanation_(explanation), difference_(explanation.difference),
        pre_(functionOf(explanation.pre, explanation.difference.pre)),
        post_(functionOf(explanation.post, explanation.difference.post)) {}

  std::string render() {
    heading();
    pairing();
    reasons();
    opinions();
    bodies();
    return std::move(text_);
  }

private:
  static const Function *functionOf(const analyzer::Program &program, std::optional<FunctionIndex> index) {
    return index ? &program.functions()[*index] : nullptr;
  }

  template <class... Values> void line(fmt::format_string<Values...> format, Values &&...values) {
    std::string formatted = fmt::format(format, std::forward<Values>(values)...);
    formatted.erase(formatted.find_last_not_of(' ') + 1);
    text_ += shortened(std::move(formatted), lineWidth) + '\n';
  }

  void heading() {
    const Function &named = pre_ != nullptr ? *pre_ : *post_;
    line("{}: {}", printable(named.name), analyzer::changeStatusName(difference_.status));
    side("pre ", explanation_.pre, pre_);
    side("post", explanation_.post, post_);
  }

  void side(std::string_view label, const analyzer::Program &program, const Function *function) {
    const std::string module = shortened(printable(program.image().moduleName()), 30);
    if (function == nullptr) {
      line("  {}  {}  no such function", label, module);
      return;
    }
    line("  {}  {}  0x{:x}, {} bytes{}, known from {}", label, module, function->body.rva, function->totalSize(),
         function->fragments.empty() ? "" : fmt::format(" in {} ranges", function->fragments.size() + 1),
         analyzer::functionSourceName(function->source));
    if (function->names.size() > 1)
      line("        folded: one body for {} names", function->names.size());
  }

  void pairing() {
    line("");
    if (pre_ == nullptr || post_ == nullptr) {
      unpaired();
      return;
    }
    line("paired by {}", difference_.matchedBy);
    for (const PassWords &entry : passWords)
      if (entry.pass == difference_.matchedBy)
        line("  {}", entry.words);
    if (difference_.matchedBy == "linkage-name")
      line("  {}", printable(pre_->linkageName));
    if (difference_.matchedBy == "object-and-name")
      line("  {} of {}", printable(pre_->name), printable(pre_->object));
  }

  void unpaired() {
    line("unpaired: no pass found one function on each side that can only be this one");
    for (const analyzer::CandidateSet &set : explanation_.candidates) {
      line("  {}:", printable(set.key));
      candidates("pre ", explanation_.pre, set.pre);
      candidates("post", explanation_.post, set.post);
    }
  }

  void candidates(std::string_view label, const analyzer::Program &program, const std::vector<FunctionIndex> &indexes) {
    if (indexes.empty())
      line("    {}  none", label);
    for (size_t i = 0; i < std::min(indexes.size(), mostCandidates); ++i) {
      const Function &function = program.functions()[indexes[i]];
      const bool isItself = &function == pre_ || &function == post_;
      line("    {}  {:>{}}  {}{}", i == 0 ? label : "    ", fmt::format("0x{:x}", function.body.rva), addressWidth,
           shortened(printable(function.name), 60), isItself ? "  (this one)" : "");
    }
    if (indexes.size() > mostCandidates)
      line("          and {} more", indexes.size() - mostCandidates);
  }

  void reasons() {
    if (pre_ == nullptr || post_ == nullptr)
      return;
    line("");
    if (difference_.status == ChangeStatus::identical) {
      line("identical: the same bytes with references masked, and every reference means the same");
      return;
    }
    line("called changed because of: {}", fmt::join(difference_.reasons, ", "));
    if (difference_.reasons.contains("exception handler"))
      shown("exception handler", handler(explanation_.pre, *pre_), handler(explanation_.post, *post_));
    // Of each reason the first row that shows it, and every changed referent once.
    std::set<std::string> seen;
    for (const ExplainedRow &row : explanation_.rows)
      for (const analyzer::RowDifference &difference : row.differences) {
        const bool isReferent =
            difference.reason == "callee" || difference.reason == "variable" || difference.reason == "constant";
        const std::string key =
            isReferent ? difference.reason + '\n' + difference.pre + '\n' + difference.post : difference.reason;
        if (seen.insert(key).second)
          shown(difference.reason, difference.pre, difference.post);
      }
  }

  static std::string handler(const analyzer::Program &program, const Function &function) {
    return function.handlerRva == 0 ? "none" : analyzer::referentText(program, function.handlerRva);
  }

  void shown(std::string_view reason, const std::string &pre, const std::string &post) {
    constexpr size_t reasonWidth = 14;
    constexpr size_t valueWidth = lineWidth - reasonWidth - 10;
    line("  {:<{}} pre   {}", reason, reasonWidth, pre.empty() ? "-" : shortened(printable(pre), valueWidth));
    line("  {:<{}} post  {}", "", reasonWidth, post.empty() ? "-" : shortened(printable(post), valueWidth));
  }

  void opinions() {
    line("");
    const auto &pre = explanation_.preOpinion;
    const auto &post = explanation_.postOpinion;
    if (pre.disagreeing.empty() && post.disagreeing.empty()) {
      line("decoders agree: {} reads these {} instructions as LLVM does", post.decoder,
           pre.instructions + post.instructions);
      return;
    }
    line("decoders disagree: left LLVM, which decides; right {}", post.decoder);
    disagreements("pre ", pre);
    disagreements("post", post);
  }

  void disagreements(std::string_view label, const analyzer::SecondOpinions &opinions) {
    constexpr size_t readingWidth = 36;
    for (const auto &[index, opinion] : opinions.disagreeing) {
      for (const analyzer::DecoderDisagreement &place : opinion.places)
        line("  {} {:>{}x}  {:<{}}  {}", label, place.rva, addressWidth - 1,
             shortened(printable(place.llvmText), readingWidth), readingWidth,
             place.capstoneText.empty() ? "reads no instruction" : printable(place.capstoneText));
      if (const size_t all = size_t{opinion.contradicted} + opinion.unknown; all > opinion.places.size())
        line("  {} and {} more", label, all - opinion.places.size());
    }
  }

  void bodies() {
    const auto &rows = explanation_.rows;
    if (pre_ == nullptr || post_ == nullptr)
      return;
    line("");
    if (rows.empty()) {
      line("the bodies are too large to align");
      return;
    }
    line("both bodies, references replaced by what they refer to; ! marks what differs");
    for (size_t i = 0; i < rows.size();) {
      const size_t hidden = explanation_.all ? 0 : hiddenFrom(i);
      if (hidden > 1) {
        line("  {:>{}} ... {} instructions are the same", "", addressWidth, hidden);
        i += hidden;
        continue;
      }
      text_ += sideBySide(rows[i++].row, lineWidth);
    }
  }

  // How many rows from here on are equal and far from any difference.
  size_t hiddenFrom(size_t begin) const {
    const auto &rows = explanation_.rows;
    size_t behind = begin; // equal rows between the last difference and here
    while (behind > 0 && !rows[behind - 1].row.differs && begin - behind < contextRows)
      --behind;
    if (behind > 0 && begin - behind < contextRows)
      return 0;
    size_t end = begin;
    while (end < rows.size() && !rows[end].row.differs)
      ++end;
    const size_t keep = end == rows.size() ? 0 : contextRows;
    return end - begin > keep ? end - begin - keep : 0;
  }

  const Explanation &explanation_;
  const analyzer::FunctionDifference &difference_;
  const Function *pre_;
  const Function *post_;
  std::string text_;
};

} // namespace

std::string renderExplanation(const Explanation &explanation) { return ExplanationText(explanation).render(); }

} // namespace hotgate::cli
