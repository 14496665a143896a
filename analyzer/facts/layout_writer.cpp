#include "analyzer/facts/layout_writer.h"

namespace hotgate::analyzer {

namespace {

Result<> writeTypes(facts::Database &facts, const ModuleAnalysis &analysis) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO type_pair (module, name, kind, status, pre_size, post_size) "
                                         "VALUES (?,?,?,?,?,?)"));
  HOTGATE_TRY(auto field, facts.prepare("INSERT INTO field_pair VALUES (?,?,?,?,?,?,?,?)"));
  for (const TypeDifference &type : analysis.diff.types) {
    HOTGATE_CHECK(
        insert.run(analysis.module, type.name, type.kind, changeStatusName(type.status), type.preSize, type.postSize));
    const int64_t id = facts.lastInsertedId();
    for (size_t ordinal = 0; ordinal < type.fields.size(); ++ordinal) {
      const FieldDifference &f = type.fields[ordinal];
      HOTGATE_CHECK(
          field.run(id, ordinal, f.name, fieldStatusName(f.status), f.preOffset, f.postOffset, f.preType, f.postType));
    }
  }
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

Result<> writeLayouts(facts::Database &facts, const ModuleAnalysis &analysis) {
  HOTGATE_CHECK(writeTypes(facts, analysis));
  return writeGlobals(facts, analysis);
}

} // namespace hotgate::analyzer
