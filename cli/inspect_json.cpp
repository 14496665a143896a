// hotgate inspect as JSON, schema hotgate/inspect/1. RVAs, offsets and sizes are numbers, bytes are hex text.
#include "cli/inspect_command.h"
#include "support/printable_text.h"

#include <map>
#include <nlohmann/json.hpp>

namespace hotgate::cli {

namespace {

using analyzer::Image;
using nlohmann::json;

std::string hex(std::span<const uint8_t> bytes) {
  std::string digits;
  for (const uint8_t byte : bytes)
    digits += fmt::format("{:02x}", byte);
  return digits;
}

json headersOf(const Inspection &inspection) {
  const Image &image = inspection.image;
  json headers{{"name", asUtf8(image.moduleName())},
               {"machine", analyzer::machineName(image.machine())},
               {"size", image.fileBytes().size()},
               {"sha256", inspection.sha256},
               {"timestamp", image.timestamp()},
               {"checksum", image.checksum()},
               {"image_base", image.imageBase()},
               {"size_of_image", image.sizeOfImage()},
               {"size_of_headers", image.sizeOfHeaders()},
               {"entry_point", image.entryPoint()},
               {"hotpatch_compatible", image.isHotpatchCompatible()},
               {"pdb", nullptr}};
  if (const auto &pdb = image.pdb())
    headers["pdb"] = {{"guid", pdb->guidText()}, {"age", pdb->age}, {"path", asUtf8(pdb->path)}};
  return headers;
}

json sectionsOf(const Image &image) {
  json sections = json::array();
  for (const auto &section : image.sections())
    sections.push_back({{"name", asUtf8(section.name)},
                        {"rva", section.rva},
                        {"virtual_size", section.virtualSize},
                        {"file_offset", section.fileOffset},
                        {"file_size", section.fileSize},
                        {"characteristics", section.characteristics}});
  return sections;
}

json loadConfigurationOf(const Image &image) {
  const auto &configuration = image.loadConfiguration();
  if (!configuration)
    return nullptr;
  return {{"rva", configuration->rva},
          {"size", configuration->size},
          {"security_cookie", configuration->securityCookieRva},
          {"guard_check_pointer", configuration->guardCheckPointerRva},
          {"guard_dispatch_pointer", configuration->guardDispatchPointerRva},
          {"guard_function_table", configuration->guardFunctionTableRva},
          {"guard_function_count", configuration->guardFunctionCount},
          {"guard_flags", configuration->guardFlags},
          {"chpe_metadata", configuration->chpeMetadataPointer},
          {"eh_continuation_table", configuration->guardEhContinuationTableRva},
          {"eh_continuation_count", configuration->guardEhContinuationCount},
          {"hotpatch_table", configuration->hotPatchTableRva}};
}

json functionsOf(const Inspection &inspection) {
  json functions = json::array();
  for (const auto &function : inspection.functions)
    functions.push_back({{"rva", function.rva},
                         {"size", function.size == 0 ? json(nullptr) : json(function.size)},
                         {"fragments", function.fragments},
                         {"handler", function.handlerRva},
                         {"name", asUtf8(function.name)}});
  return functions;
}

json exportsOf(const Image &image) {
  json exports = json::array();
  for (const auto &entry : image.exports())
    exports.push_back({{"ordinal", entry.ordinal},
                       {"name", asUtf8(entry.name)},
                       {"rva", entry.rva},
                       {"forwarder", asUtf8(entry.forwarder)}});
  return exports;
}

json importsOf(const Image &image) {
  json imports = json::array();
  for (const auto &import : image.imports())
    imports.push_back({{"dll", asUtf8(import.dll)},
                       {"name", asUtf8(import.name)},
                       {"slot", import.slotRva},
                       {"delayed", import.delayed}});
  return imports;
}

json optional(const auto &value) { return value ? json(*value) : json(nullptr); }

json refusalsOf(std::span<const analyzer::LoaderRefusal> refusals) {
  json list = json::array();
  for (const auto &refusal : refusals)
    list.push_back({{"status", refusal.status ? json(fmt::format("{:#010x}", *refusal.status)) : json(nullptr)},
                    {"record", optional(refusal.record)},
                    {"rva", optional(refusal.rva)},
                    {"file_offset", optional(refusal.fileOffset)},
                    {"place", asUtf8(refusal.place)},
                    {"reason", asUtf8(refusal.reason)}});
  return list;
}

json oddityOf(const analyzer::HotpatchOddity &oddity) {
  return {{"kind", analyzer::oddityName(oddity.kind)}, {"name", asUtf8(oddity.name)}, {"text", asUtf8(oddity.text)}};
}

// By record; those of the whole table under nullopt.
std::map<std::optional<size_t>, json> odditiesOf(const analyzer::HotpatchAudit &audit) {
  std::map<std::optional<size_t>, json> oddities;
  for (const auto &oddity : audit.oddities)
    oddities.try_emplace(oddity.record, json::array()).first->second.push_back(oddityOf(oddity));
  return oddities;
}

json writeOf(const std::optional<analyzer::PredictedWrite> &write) {
  if (!write)
    return nullptr;
  return {{"image", write->inHotpatch ? "hotpatch" : "base"},  {"rva", write->rva},       {"size", write->size},
          {"value", analyzer::writtenValueName(write->value)}, {"before", write->before}, {"after", write->after}};
}

json recordsOf(const Inspection &inspection) {
  json records = json::array();
  const auto &table = *inspection.hotpatch.table;
  const bool isAudited = inspection.base && !inspection.base->audit.records.empty();
  std::map<std::optional<size_t>, json> oddities;
  if (isAudited)
    oddities = odditiesOf(inspection.base->audit);
  for (size_t i = 0; i < table.records.size(); ++i) {
    const auto &record = table.records[i];
    json entry{{"base", record.base},        {"kind", analyzer::hotpatchRecordKindName(record.type)},
               {"inverse", record.inverse},  {"written", record.writtenRva},
               {"target", record.targetRva}, {"expected_bytes", hex(record.expectedBytes)}};
    if (isAudited) {
      const auto &audited = inspection.base->audit.records[i];
      entry["written_name"] = asUtf8(audited.writtenName);
      entry["target_name"] = asUtf8(audited.targetName);
      entry["write"] = writeOf(audited.write);
      entry["oddities"] = oddities.contains(i) ? oddities[i] : json::array();
    }
    records.push_back(std::move(entry));
  }
  return records;
}

// What the loader answers, and what is odd of the table as a whole: only with a base to ask about.
json auditOf(const Inspection &inspection) {
  if (!inspection.base)
    return nullptr;
  const auto &[base, audit] = *inspection.base;
  auto oddities = odditiesOf(audit);
  return {{"base", asUtf8(base.moduleName())},
          {"timestamp", base.timestamp()},
          {"checksum", base.checksum()},
          {"applies", audit.loader.refusals.empty() && audit.loader.base.has_value()},
          {"oddities", oddities.contains(std::nullopt) ? oddities[std::nullopt] : json::array()}};
}

json hotpatchOf(const Inspection &inspection) {
  const auto &reading = inspection.hotpatch;
  if (!reading.table && reading.refusals.empty())
    return nullptr;
  json hotpatch{{"whole", reading.isWhole},
                {"refusals", refusalsOf(inspection.base ? inspection.base->audit.loader.refusals : reading.refusals)},
                {"audit", auditOf(inspection)}};
  if (!reading.table)
    return hotpatch;
  const auto &table = *reading.table;
  json bases = json::array();
  for (const auto &base : table.bases)
    bases.push_back({{"sequence", base.sequence},
                     {"flags", base.flags},
                     {"timestamp", base.timestamp},
                     {"checksum", base.checksum}});
  hotpatch.update({{"rva", table.rva},
                   {"version", table.version},
                   {"size", table.size},
                   {"sequence", table.sequence},
                   {"least_sequence", table.minSequence},
                   {"flags", table.flags},
                   {"bases", std::move(bases)},
                   {"records", recordsOf(inspection)}});
  return hotpatch;
}

json liefOf(const Inspection &inspection) {
  if (!inspection.lief)
    return {{"not_read", asUtf8(inspection.lief.error().reason)}};
  const auto &facts = *inspection.lief;
  json version = nullptr;
  if (facts.version) {
    json strings = json::object();
    for (const auto &[name, value] : facts.version->strings)
      strings[asUtf8(name)] = asUtf8(value);
    version = {{"file", facts.version->fileVersion},
               {"product", facts.version->productVersion},
               {"strings", std::move(strings)}};
  }
  json rich = json::array();
  for (const auto &tool : facts.richTools)
    rich.push_back({{"product", tool.product}, {"build", tool.build}, {"objects", tool.objects}});
  return {{"version", std::move(version)},
          {"rich_header", std::move(rich)},
          {"authenticode", facts.hasAuthenticode},
          {"tls_callbacks", facts.tlsCallbacks}};
}

} // namespace

std::string renderInspectJson(const Inspection &inspection) {
  const Image &image = inspection.image;
  const json document{{"schema", "hotgate/inspect/1"},        {"image", headersOf(inspection)},
                      {"sections", sectionsOf(image)},        {"load_configuration", loadConfigurationOf(image)},
                      {"functions", functionsOf(inspection)}, {"exports", exportsOf(image)},
                      {"imports", importsOf(image)},          {"relocation_count", image.relocations().size()},
                      {"hotpatch", hotpatchOf(inspection)},   {"extras", liefOf(inspection)}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace hotgate::cli
