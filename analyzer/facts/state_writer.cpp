#include "analyzer/facts/state_writer.h"

#include "analyzer/code/decoder.h"
#include "analyzer/diff/referents.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace hotgate::analyzer {

namespace {

// How a reference uses what it refers to. An address can end up anywhere.
std::string_view accessOf(const Reference &reference) {
  if (reference.accessWidth == 0)
    return "address";
  return reference.writes ? "write" : "read";
}

bool isMutableData(const Image &image, uint32_t rva) {
  const Section *section = image.sectionAt(rva);
  return section != nullptr && section->isWritable() && !section->isExecutable();
}

// RVA of the variable that holds the number of the image's thread-local storage; 0 when it has none.
uint32_t threadIndexOf(const Image &image) {
  const DirectoryRange directory = image.directory(Directory::tls);
  const uint32_t field = directory.rva + (image.is64() ? 0x10 : 0x08);
  return directory.size == 0 ? 0 : image.pointerAt(field).value_or(0);
}

// What the loader writes into an image before any of its code runs.
bool isWrittenByLoader(const Image &image, const Datum &datum) {
  const CodeRange range{datum.rva, std::max(datum.size, 1U)};
  const auto &configuration = image.loadConfiguration();
  const uint32_t index = threadIndexOf(image);
  return (index != 0 && range.contains(index)) ||
         (configuration &&
          ((configuration->securityCookieRva != 0 && range.contains(configuration->securityCookieRva)) ||
           range.contains(configuration->guardCheckPointerRva) ||
           range.contains(configuration->guardDispatchPointerRva)));
}

// Whether anything in a program stores to one of some data, or could by its address: the first such place.
class Writers {
public:
  Writers(const Program &program, const std::set<DatumIndex> &data) : program_(program) {
    for (FunctionIndex i = 0; i < program.functions().size(); ++i)
      for (const Reference &reference : program.functions()[i].references)
        if (reference.kind != ReferenceKind::branch && reference.kind != ReferenceKind::call &&
            accessOf(reference) != "read")
          note(data, reference.target, [&] {
            return fmt::format("{} {} it (RVA 0x{:x})", program.functions()[i].name,
                               accessOf(reference) == "write" ? "stores to" : "takes the address of",
                               reference.instruction);
          });
    for (const BaseRelocation &relocation : program.image().relocations())
      if (const auto target =
              program.functionContaining(relocation.rva) ? std::nullopt : program.image().pointerAt(relocation.rva))
        note(data, *target, [&] { return fmt::format("{} points to it", program.describe(relocation.rva)); });
    for (const Export &exported : program.image().exports())
      if (exported.rva != 0)
        note(data, exported.rva, [] { return std::string("it is exported"); });
  }

  // "" when there is none.
  [[nodiscard]] std::string of(DatumIndex datum) const {
    if (isWrittenByLoader(program_.image(), program_.data()[datum]))
      return "the loader writes it";
    const auto found = found_.find(datum);
    return found == found_.end() ? std::string() : found->second;
  }

private:
  template <class Text> void note(const std::set<DatumIndex> &data, uint32_t rva, const Text &text) {
    if (!isMutableData(program_.image(), rva))
      return;
    const auto datum = program_.datumContaining(rva);
    if (datum && data.contains(*datum) && !found_.contains(*datum))
      found_.emplace(*datum, text());
  }

  const Program &program_;
  std::map<DatumIndex, std::string> found_;
};

class StateWriter {
public:
  StateWriter(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written)
      : facts_(facts), analysis_(analysis), written_(written), program_(analysis.hotpatch->program),
        threadIndex_(threadIndexOf(program_.image())) {
    for (const HotpatchRecord &record : analysis.hotpatchTable->records)
      if (record.inverse)
        bindings_.emplace(record.writtenRva, &record);
  }

  Result<> write() {
    HOTGATE_CHECK(writeReached());
    HOTGATE_CHECK(writeAccesses());
    return writeData();
  }

private:
  // Breadth first, so that each function has a shortest path; in the order of the records and the code.
  Result<> writeReached() {
    std::deque<FunctionIndex> work;
    const auto reach = [&](FunctionIndex index, std::string path) {
      if (paths_.emplace(index, std::move(path)).second)
        work.push_back(index);
    };
    for (const HotpatchRecord &record : analysis_.hotpatchTable->records)
      if (const auto target = record.inverse || record.type != hotpatch::ChunkType::function
                                  ? std::nullopt
                                  : program_.functionAtEntry(record.targetRva))
        reach(*target, program_.functions()[*target].name);
    while (!work.empty()) {
      const FunctionIndex index = work.front();
      work.pop_front();
      for (const Reference &reference : program_.functions()[index].references)
        if (reference.kind == ReferenceKind::call || reference.kind == ReferenceKind::branch)
          if (const auto callee = program_.functionAtEntry(reference.target); callee && *callee != index)
            reach(*callee, paths_.at(index) + " -> " + program_.functions()[*callee].name);
    }
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO state_reach VALUES (?,?)"));
    for (const auto &[index, path] : paths_)
      HOTGATE_CHECK(insert.run(written_.hotpatch.functions[index], path));
    return {};
  }

  Result<> writeAccesses() {
    HOTGATE_TRY(Decoder decoder, Decoder::create(program_.image().machine()));
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR REPLACE INTO state_access VALUES (?,?,?,?,?,?,?,?,?)"));
    for (const auto &[index, path] : paths_)
      for (const Reference &reference : program_.functions()[index].references) {
        if (reference.kind != ReferenceKind::data && reference.kind != ReferenceKind::absolute)
          continue;
        const Binding binding = bindingOf(reference.target);
        if (binding.kind.empty())
          continue;
        if (binding.kind == "own copy")
          if (const auto datum = program_.datumContaining(reference.target))
            own_.insert(*datum);
        Instruction ignored;
        std::string text;
        decoder.decodeWithText(program_.image().bytesFrom(reference.instruction), reference.instruction, ignored, text);
        HOTGATE_CHECK(insert.run(written_.hotpatch.functions[index], reference.instruction, reference.target,
                                 program_.describe(reference.target), binding.kind, binding.by, binding.base,
                                 accessOf(reference), text));
      }
    return {};
  }

  struct Binding {
    std::string_view kind; // "" for what is no state
    std::string_view by;
    std::string base;
  };

  Binding bindingOf(uint32_t target) const {
    const auto record = bindings_.find(target);
    if (program_.image().importAtSlot(target) != nullptr)
      return {"import", record == bindings_.end() ? "loader" : hotpatchRecordKindName(record->second->type), {}};
    if (record != bindings_.end()) {
      const hotpatch::ChunkType type = record->second->type;
      if (type == hotpatch::ChunkType::dynamicValue)
        return {"bound", hotpatchRecordKindName(type), {}};
      if (type == hotpatch::ChunkType::absolute || type == hotpatch::ChunkType::indirect)
        return {"bound", hotpatchRecordKindName(type), analysis_.pre.program.describe(record->second->targetRva)};
    }
    if (threadIndex_ != 0 && target == threadIndex_)
      return {"thread-local", {}, {}};
    return isMutableData(program_.image(), target) ? Binding{"own copy", {}, {}} : Binding{};
  }

  // Own copies, and whether anybody could tell them from the base's data.
  Result<> writeData() {
    if (own_.empty() || !analysis_.hotpatchPairing || !analysis_.diff.pairing)
      return {};
    const Referents cold(analysis_.pre.program, analysis_.post.program, *analysis_.diff.pairing);
    const Referents hot(analysis_.post.program, program_, *analysis_.hotpatchPairing);
    std::set<DatumIndex> inPost;
    std::set<DatumIndex> inPre;
    for (const DatumIndex datum : own_)
      if (const auto post = hot.pairing().data.toPre(datum)) {
        inPost.insert(*post);
        if (const auto pre = cold.pairing().data.toPre(*post))
          inPre.insert(*pre);
      }
    const Writers ofHotpatch(program_, own_);
    const Writers ofPost(analysis_.post.program, inPost);
    const Writers ofPre(analysis_.pre.program, inPre);
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO state_datum VALUES (?,?,?,?,?)"));
    for (const DatumIndex index : own_) {
      const auto post = hot.pairing().data.toPre(index);
      const auto pre = post ? cold.pairing().data.toPre(*post) : std::nullopt;
      const Datum &datum = program_.data()[index];
      std::string writer = ofHotpatch.of(index);
      if (writer.empty() && (!post || !pre))
        writer = "the base has no such variable";
      if (writer.empty())
        writer = ofPost.of(*post);
      if (writer.empty())
        writer = ofPre.of(*pre);
      if (writer.empty() &&
          !(cold.sameContent(analysis_.pre.program.data()[*pre], analysis_.post.program.data()[*post]) &&
            hot.sameContent(analysis_.post.program.data()[*post], datum)))
        writer = "its value at the start differs";
      HOTGATE_CHECK(insert.run(written_.hotpatch.id, datum.rva, datum.size, program_.describe(datum.rva), writer));
    }
    return {};
  }

  facts::Database &facts_;
  const ModuleAnalysis &analysis_;
  const WrittenModule &written_;
  const Program &program_;
  uint32_t threadIndex_;
  std::map<uint32_t, const HotpatchRecord *> bindings_; // by the slot's RVA
  std::map<FunctionIndex, std::string> paths_;          // of what redirected code reaches
  std::set<DatumIndex> own_;
};

} // namespace

Result<> writeState(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  return StateWriter(facts, analysis, written).write();
}

} // namespace hotgate::analyzer
