#include "analyzer/facts/layout_writer.h"

namespace hotgate::analyzer {

namespace {

// Enumerators are signed in C++ as often as not; the database has 64 bits.
std::optional<int64_t> asSigned(const std::optional<uint64_t> &value) {
  return value ? std::optional(static_cast<int64_t>(*value)) : std::nullopt;
}

std::optional<std::string> orNull(const std::string &text) { return text.empty() ? std::nullopt : std::optional(text); }

Result<> writeFields(facts::Statement &insert, int64_t id, const TypeDifference &type) {
  for (size_t ordinal = 0; ordinal < type.fields.size(); ++ordinal) {
    const FieldDifference &f = type.fields[ordinal];
    HOTGATE_CHECK(insert.run(id, ordinal, f.name, fieldStatusName(f.status), asSigned(f.preOffset),
                             asSigned(f.postOffset), f.preType, f.postType, fieldKindName(f.kind), f.preBit, f.postBit,
                             f.preBits, f.postBits));
  }
  return {};
}

Result<> writeReach(facts::Database &facts, const TypeReach &reach, int64_t id, const FunctionIds &functions) {
  HOTGATE_TRY(auto place, facts.prepare("INSERT INTO type_reach VALUES (?,?,?,?,?,?)"));
  for (const ReachedPlace &p : reach.places)
    HOTGATE_CHECK(place.run(id, reachKindName(p.kind), p.name,
                            p.function ? std::optional<int64_t>(functions[*p.function]) : std::nullopt, p.site,
                            p.offset));
  HOTGATE_TRY(auto use, facts.prepare("INSERT INTO member_use VALUES (?,?,?,?,?,?,?,?)"));
  for (const MemberUse &u : reach.uses)
    HOTGATE_CHECK(use.run(id, functions[u.function], u.site, u.offset, u.width, u.member, u.writes, u.text));
  return {};
}

Result<> writeCauses(facts::Database &facts, const std::string &module, const TypeDifference &type, int64_t id) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT OR IGNORE INTO type_cause SELECT ?, type_id FROM type_pair WHERE "
                                         "module = ? AND name = ?"));
  for (const std::string &cause : type.causes)
    HOTGATE_CHECK(insert.run(id, module, cause));
  return {};
}

Result<> writeTypes(facts::Database &facts, const ModuleAnalysis &analysis, const FunctionIds &preFunctions) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO type_pair (module, name, kind, status, pre_size, post_size, "
                                         "pre_underlying, post_underlying, pre_definitions, post_definitions, "
                                         "ambiguous) VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
  HOTGATE_TRY(auto field, facts.prepare("INSERT INTO field_pair VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  std::vector<int64_t> ids;
  for (const TypeDifference &type : analysis.diff.types) {
    HOTGATE_CHECK(insert.run(analysis.module, type.name, type.kind, changeStatusName(type.status), type.preSize,
                             type.postSize, orNull(type.preUnderlying), orNull(type.postUnderlying),
                             type.preDefinitions, type.postDefinitions, type.isAmbiguous));
    ids.push_back(facts.lastInsertedId());
    HOTGATE_CHECK(writeFields(field, ids.back(), type));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    HOTGATE_CHECK(writeCauses(facts, analysis.module, analysis.diff.types[i], ids[i]));
    HOTGATE_CHECK(writeReach(facts, analysis.diff.typeReach[i], ids[i], preFunctions));
  }
  return {};
}

Result<> writeHierarchies(facts::Database &facts, const ModuleAnalysis &analysis) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT OR IGNORE INTO hierarchy_pair VALUES (?,?,?,?)"));
  for (const HierarchyDifference &difference : analysis.diff.hierarchies)
    HOTGATE_CHECK(insert.run(analysis.module, difference.name, difference.preBases, difference.postBases));
  return {};
}

Result<> writeGlobals(facts::Database &facts, const ModuleAnalysis &analysis) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT OR IGNORE INTO global_pair (module, name, status, pre_rva, "
                                         "post_rva, pre_size, post_size, pre_type, post_type, mutable, "
                                         "value_changed) VALUES (?,?,?,?,?,?,?,?,?,?,?)"));
  for (const GlobalDifference &global : analysis.diff.globals) {
    const Datum *pre = global.pre ? &analysis.pre.program.data()[*global.pre] : nullptr;
    const Datum *post = global.post ? &analysis.post.program.data()[*global.post] : nullptr;
    const auto rva = [](const Datum *datum) { return datum ? std::optional<uint32_t>(datum->rva) : std::nullopt; };
    const auto size = [](const Datum *datum) { return datum ? std::optional<uint32_t>(datum->size) : std::nullopt; };
    const auto type = [](const Datum *datum) {
      return datum ? std::optional<std::string>(datum->typeName) : std::nullopt;
    };
    HOTGATE_CHECK(insert.run(analysis.module, global.name, changeStatusName(global.status), rva(pre), rva(post),
                             size(pre), size(post), type(pre), type(post), global.isMutable, global.valueChanged));
  }
  return {};
}

} // namespace

Result<> writeLayouts(facts::Database &facts, const ModuleAnalysis &analysis, const FunctionIds &preFunctions) {
  HOTGATE_CHECK(writeTypes(facts, analysis, preFunctions));
  HOTGATE_CHECK(writeHierarchies(facts, analysis));
  return writeGlobals(facts, analysis);
}

} // namespace hotgate::analyzer
