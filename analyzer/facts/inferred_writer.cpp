#include "analyzer/facts/inferred_writer.h"

#include "analyzer/diff/inferred_layout_text.h"

namespace hotgate::analyzer {

namespace {

class EvidenceWriter {
public:
  EvidenceWriter(facts::Statement insert, int64_t layout, const WrittenModule &written)
      : insert_(std::move(insert)), layout_(layout), written_(written) {}

  Result<> write(const InferredLayout &layout) {
    for (const DisplacementSite &site : layout.sites)
      HOTGATE_CHECK(row("displacement", site.site, site.pre, site.post, ""));
    for (const SizeSite &size : layout.sizes)
      HOTGATE_CHECK(row("size", size.site, size.pre, size.post,
                        size.callee.empty() ? std::string(sizeUseName(size.use))
                                            : fmt::format("{} of {}", sizeUseName(size.use), size.callee)));
    for (const BitSite &bit : layout.bits)
      HOTGATE_CHECK(row("bits", bit.site, bit.pre, bit.post, fmt::format("+{:#x}", bit.displacement)));
    return {};
  }

private:
  Result<> row(std::string_view kind, const LayoutSite &site, int64_t pre, int64_t post, const std::string &detail) {
    return insert_.run(layout_, ordinal_++, kind, written_.pre.functions[site.function], site.preRva, site.postRva, pre,
                       post, detail);
  }

  facts::Statement insert_;
  int64_t layout_;
  const WrittenModule &written_;
  int64_t ordinal_ = 0;
};

} // namespace

Result<> writeInferredLayouts(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  HOTGATE_TRY(auto insert,
              facts.prepare("INSERT INTO inferred_layout (module, kind, confidence, start, delta, functions, sites, "
                            "sizes, bits, contradictions, text) VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
  for (const InferredLayout &layout : analysis.diff.inferredLayouts) {
    HOTGATE_CHECK(insert.run(analysis.module, layoutChangeKindName(layout.kind),
                             layoutConfidenceName(layout.confidence), layout.start, layout.delta, layout.functionCount,
                             layout.siteCount, layout.sizeCount, layout.bitCount, layout.contradictions,
                             inferredLayoutText(layout)));
    HOTGATE_TRY(auto evidence, facts.prepare("INSERT INTO inferred_layout_evidence VALUES (?,?,?,?,?,?,?,?,?)"));
    HOTGATE_CHECK(EvidenceWriter(std::move(evidence), facts.lastInsertedId(), written).write(layout));
  }
  return {};
}

} // namespace hotgate::analyzer
