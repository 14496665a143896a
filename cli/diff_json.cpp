// hotgate diff as JSON, schema hotgate/diff/1 (docs/diff-json.md).
#include "analyzer/diff/inferred_layout_text.h"
#include "cli/diff_command.h"
#include "support/printable_text.h"
#include "support/sha256.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace hotgate::cli {

namespace {

using nlohmann::ordered_json;

ordered_json side(const analyzer::Program &program) {
  const analyzer::Image &image = program.image();
  return {{"path", asUtf8(image.moduleName())},
          {"name", asUtf8(image.moduleName())},
          {"machine", analyzer::machineName(image.machine())},
          {"timestamp", image.timestamp()},
          {"checksum", image.checksum()},
          {"size", image.fileBytes().size()},
          {"sha256", sha256Hex(image.fileBytes())},
          {"symbols", analyzer::symbolLevelName(program.symbols().level)}};
}

ordered_json functionSide(const analyzer::Program &program, std::optional<analyzer::FunctionIndex> index) {
  if (!index)
    return nullptr;
  const analyzer::Function &function = program.functions()[*index];
  ordered_json side = {{"rva", function.body.rva}, {"size", function.totalSize()}, {"name", asUtf8(function.name)}};
  if (function.names.size() > 1)
    for (const std::string &name : function.names)
      side["folded"].push_back(asUtf8(name));
  return side;
}

ordered_json firstDifference(const analyzer::FunctionDifference &difference) {
  const auto row = std::find_if(difference.listing.begin(), difference.listing.end(),
                                [](const analyzer::ListingRow &r) { return r.differs; });
  if (row == difference.listing.end())
    return nullptr;
  const auto rva = [](const std::optional<uint32_t> &value) { return value ? ordered_json(*value) : ordered_json(); };
  return {{"pre_rva", rva(row->preRva)},
          {"post_rva", rva(row->postRva)},
          {"pre_text", asUtf8(row->preText)},
          {"post_text", asUtf8(row->postText)}};
}

// Where the second decoder reads something else, on both sides.
ordered_json disagreements(const ComparedImages &images, const analyzer::FunctionDifference &difference) {
  ordered_json list = ordered_json::array();
  const auto add = [&](const char *side, const analyzer::SecondOpinions &opinions,
                       std::optional<analyzer::FunctionIndex> index) {
    const analyzer::SecondOpinion *opinion = index ? opinions.of(*index) : nullptr;
    if (opinion == nullptr)
      return;
    for (const analyzer::DecoderDisagreement &place : opinion->places)
      list.push_back({{"side", side},
                      {"rva", place.rva},
                      {"kind", analyzer::disagreementKindName(place.kind)},
                      {"llvm", asUtf8(place.llvmText)},
                      {"second", asUtf8(place.capstoneText)}});
  };
  add("pre", images.preOpinions, difference.pre);
  add("post", images.postOpinions, difference.post);
  return list;
}

ordered_json secondOpinion(const ComparedImages &images) {
  return {{"decoder", images.postOpinions.decoder},
          {"functions", images.preOpinions.functions + images.postOpinions.functions},
          {"instructions", images.preOpinions.instructions + images.postOpinions.instructions},
          {"disagreeing", images.preOpinions.disagreeing.size() + images.postOpinions.disagreeing.size()}};
}

ordered_json functions(const ComparedImages &images) {
  ordered_json list = ordered_json::array();
  for (const analyzer::FunctionDifference &difference : images.diff.functions) {
    const bool isIdentical = difference.status == analyzer::ChangeStatus::identical;
    if (isIdentical && !images.all)
      continue;
    list.push_back({{"status", analyzer::changeStatusName(difference.status)},
                    {"pre", functionSide(images.pre, difference.pre)},
                    {"post", functionSide(images.post, difference.post)},
                    {"matched_by", difference.matchedBy},
                    {"reasons", difference.reasons},
                    {"line_only", difference.lineOnly},
                    {"first_difference", firstDifference(difference)},
                    {"decoders_disagree", disagreements(images, difference)}});
  }
  return list;
}

template <class Value> ordered_json orNull(const std::optional<Value> &value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json fields(const analyzer::TypeDifference &type) {
  ordered_json list = ordered_json::array();
  // An enumerator's value has a sign.
  const auto offset = [](const analyzer::FieldDifference &field, const std::optional<uint64_t> &value) {
    return value && field.kind == analyzer::FieldKind::enumerator ? ordered_json(static_cast<int64_t>(*value))
                                                                  : orNull(value);
  };
  for (const analyzer::FieldDifference &field : type.fields)
    list.push_back({{"name", asUtf8(field.name)},
                    {"kind", analyzer::fieldKindName(field.kind)},
                    {"status", analyzer::fieldStatusName(field.status)},
                    {"pre_offset", offset(field, field.preOffset)},
                    {"post_offset", offset(field, field.postOffset)},
                    {"pre_bit", orNull(field.preBit)},
                    {"post_bit", orNull(field.postBit)},
                    {"pre_type", asUtf8(field.preType)},
                    {"post_type", asUtf8(field.postType)}});
  return list;
}

// Each once, however many places there are.
ordered_json usedBy(const analyzer::Program &pre, const analyzer::TypeReach &reach) {
  std::set<std::tuple<std::string, std::string, std::string>> users;
  for (const analyzer::ReachedPlace &place : reach.places)
    users.emplace(analyzer::reachKindName(place.kind), place.name, "");
  for (const analyzer::MemberUse &use : reach.uses)
    users.emplace("touches", pre.functions()[use.function].name, use.member);
  ordered_json list = ordered_json::array();
  for (const auto &[how, name, member] : users) {
    list.push_back({{"how", how}, {"name", asUtf8(name)}});
    if (!member.empty())
      list.back()["member"] = asUtf8(member);
  }
  return list;
}

ordered_json types(const ComparedImages &images) {
  ordered_json list = ordered_json::array();
  for (size_t i = 0; i < images.diff.types.size(); ++i) {
    const analyzer::TypeDifference &type = images.diff.types[i];
    ordered_json causes = ordered_json::array();
    for (const std::string &cause : type.causes)
      causes.push_back(asUtf8(cause));
    list.push_back({{"name", asUtf8(type.name)},
                    {"kind", type.kind},
                    {"status", analyzer::changeStatusName(type.status)},
                    {"pre_size", orNull(type.preSize)},
                    {"post_size", orNull(type.postSize)},
                    {"pre_underlying", asUtf8(type.preUnderlying)},
                    {"post_underlying", asUtf8(type.postUnderlying)},
                    {"pre_definitions", type.preDefinitions},
                    {"post_definitions", type.postDefinitions},
                    {"ambiguous", type.isAmbiguous},
                    {"because_of", std::move(causes)},
                    {"fields", fields(type)},
                    {"used_by", usedBy(images.pre, images.diff.typeReach[i])}});
  }
  return list;
}

ordered_json globals(const ComparedImages &images) {
  const auto datum = [](const analyzer::Program &program, std::optional<analyzer::DatumIndex> index) -> ordered_json {
    if (!index)
      return nullptr;
    const analyzer::Datum &d = program.data()[*index];
    return {{"rva", d.rva}, {"size", d.size}, {"type", asUtf8(d.typeName)}};
  };
  ordered_json list = ordered_json::array();
  for (const analyzer::GlobalDifference &global : images.diff.globals)
    list.push_back({{"name", asUtf8(global.name)},
                    {"status", analyzer::changeStatusName(global.status)},
                    {"mutable", global.isMutable},
                    {"pre", datum(images.pre, global.pre)},
                    {"post", datum(images.post, global.post)},
                    {"reasons", global.reasons}});
  return list;
}

ordered_json siteOf(const ComparedImages &images, const analyzer::LayoutSite &site) {
  return {{"function", images.pre.functions()[site.function].body.rva},
          {"pre_rva", site.preRva},
          {"post_rva", site.postRva}};
}

ordered_json inferredLayout(const ComparedImages &images, const analyzer::InferredLayout &layout) {
  ordered_json functions = ordered_json::array(), sites = ordered_json::array(), sizes = ordered_json::array(),
               bits = ordered_json::array();
  for (const analyzer::FunctionIndex function : layout.functions)
    functions.push_back(
        {{"rva", images.pre.functions()[function].body.rva}, {"name", asUtf8(images.pre.functions()[function].name)}});
  for (const analyzer::DisplacementSite &site : layout.sites) {
    sites.push_back(siteOf(images, site.site));
    sites.back().update({{"pre_displacement", site.pre},
                         {"post_displacement", site.post},
                         {"pre_width", site.preWidth},
                         {"post_width", site.postWidth}});
  }
  for (const analyzer::SizeSite &size : layout.sizes) {
    sizes.push_back(siteOf(images, size.site));
    sizes.back().update({{"use", analyzer::sizeUseName(size.use)},
                         {"callee", asUtf8(size.callee)},
                         {"pre", size.pre},
                         {"post", size.post}});
  }
  for (const analyzer::BitSite &bit : layout.bits) {
    bits.push_back(siteOf(images, bit.site));
    bits.back().update({{"displacement", bit.displacement}, {"pre", bit.pre}, {"post", bit.post}});
  }
  return {{"kind", analyzer::layoutChangeKindName(layout.kind)},
          {"confidence", analyzer::layoutConfidenceName(layout.confidence)},
          {"start", orNull(layout.start)},
          {"delta", layout.delta},
          {"text", asUtf8(analyzer::inferredLayoutText(layout))},
          {"function_count", layout.functionCount},
          {"site_count", layout.siteCount},
          {"size_count", layout.sizeCount},
          {"bit_count", layout.bitCount},
          {"contradictions", layout.contradictions},
          {"functions", std::move(functions)},
          {"sites", std::move(sites)},
          {"sizes", std::move(sizes)},
          {"bits", std::move(bits)}};
}

ordered_json inferredLayouts(const ComparedImages &images) {
  ordered_json list = ordered_json::array();
  for (const analyzer::InferredLayout &layout : images.diff.inferredLayouts)
    list.push_back(inferredLayout(images, layout));
  return list;
}

ordered_json ledger(const analyzer::Ledger &ledger) {
  ordered_json byCause = ordered_json::object();
  analyzer::Ledger::Bytes total;
  for (const auto &[cause, bytes] : ledger.byCause) {
    byCause[std::string(analyzer::causeName(cause))] = {{"pre", bytes.pre}, {"post", bytes.post}};
    total.pre += bytes.pre;
    total.post += bytes.post;
  }
  const auto found = ledger.byCause.find(analyzer::Cause::unattributed);
  const auto differing = ledger.differing();
  return {{"bytes_total", {{"pre", total.pre}, {"post", total.post}}},
          {"bytes_differing", {{"pre", differing.pre}, {"post", differing.post}}},
          {"by_cause", std::move(byCause)},
          {"unattributed", found == ledger.byCause.end() ? 0 : found->second.pre + found->second.post}};
}

ordered_json summary(const ComparedImages &images) {
  std::map<std::string_view, size_t> counts{
      {"identical", 0}, {"changed", 0}, {"added", 0}, {"removed", 0}, {"not compared", 0}};
  for (const analyzer::FunctionDifference &difference : images.diff.functions)
    ++counts[analyzer::changeStatusName(difference.status)];
  return {{"identical", counts["identical"]},
          {"changed", counts["changed"]},
          {"added", counts["added"]},
          {"removed", counts["removed"]},
          {"not_compared", counts["not compared"]},
          {"line_only", std::ranges::count_if(images.diff.functions, &analyzer::FunctionDifference::lineOnly)},
          {"types", images.diff.types.size()},
          {"globals", images.diff.globals.size()},
          {"inferred_layouts", images.diff.inferredLayouts.size()}};
}

} // namespace

std::string renderDiffJson(const ComparedImages &images) {
  ordered_json image = ordered_json::array();
  for (const analyzer::ImageChange &change : images.diff.image)
    image.push_back({{"kind", change.kind}, {"detail", asUtf8(change.detail)}});
  ordered_json hierarchies = ordered_json::array();
  for (const analyzer::HierarchyDifference &difference : images.diff.hierarchies)
    hierarchies.push_back({{"name", asUtf8(difference.name)},
                           {"pre_bases", asUtf8(difference.preBases)},
                           {"post_bases", asUtf8(difference.postBases)}});
  const ordered_json document = {{"schema", "hotgate/diff/1"},      {"pre", side(images.pre)},
                                 {"post", side(images.post)},       {"functions", functions(images)},
                                 {"types", types(images)},          {"hierarchies", std::move(hierarchies)},
                                 {"globals", globals(images)},      {"inferred_layouts", inferredLayouts(images)},
                                 {"image", std::move(image)},       {"ledger", ledger(images.diff.ledger)},
                                 {"incomplete", images.incomplete}, {"second_opinion", secondOpinion(images)},
                                 {"summary", summary(images)}};
  return document.dump(2) + '\n';
}

} // namespace hotgate::cli
