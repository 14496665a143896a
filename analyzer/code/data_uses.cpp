#include "analyzer/code/data_uses.h"

#include "analyzer/image/tls_directory.h"

#include <map>
#include <unordered_map>

namespace hotgate::analyzer {

namespace {

struct Access {
  bool reads = false, writes = false, takesAddress = false;
};

class UseSearch {
public:
  UseSearch(const Program &program, const std::set<DatumIndex> &wanted, Decoder decoder)
      : program_(program), wanted_(wanted), decoder_(std::move(decoder)), tls_(readTlsDirectory(program.image())) {
    for (const DatumIndex datum : wanted)
      if (program.data()[datum].isThreadLocal && tls_ && program.data()[datum].rva >= tls_->templateRva)
        threadLocal_.push_back(datum);
  }

  std::vector<DataUse> run() {
    for (FunctionIndex i = 0; i < program_.functions().size(); ++i)
      addFunction(i);
    std::vector<DataUse> uses;
    for (const auto &[key, access] : found_)
      uses.push_back({key.first, key.second, access.reads, access.writes, access.takesAddress});
    return uses;
  }

private:
  void addFunction(FunctionIndex index) {
    const Function &function = program_.functions()[index];
    for (const Reference &reference : function.references) {
      if (reference.kind == ReferenceKind::branch || reference.kind == ReferenceKind::call)
        continue;
      if (!threadLocal_.empty() && reference.target == tls_->indexRva)
        addThreadLocal(index, reference.instruction);
      const auto datum = isHalf(reference) ? std::nullopt : program_.datumContaining(reference.target);
      if (datum && wanted_.contains(*datum)) {
        const bool isAddress = reference.accessWidth == 0 && !reference.writes;
        add(*datum, index, {!isAddress && !reference.writes, reference.writes, isAddress});
      }
      if (datum)
        for (const DatumIndex pointed : pointedFrom(*datum))
          add(pointed, index, {false, false, true});
    }
  }

  // ARM64's `adrp` makes the page of what another instruction, with a reference of its own, then uses.
  [[nodiscard]] bool isHalf(const Reference &reference) const {
    constexpr uint8_t mask = 0x9F; // of the word's highest byte
    constexpr uint8_t adrp = 0x90;
    const auto bytes = reference.form == FieldForm::arm64Address21
                           ? program_.image().bytesFrom(reference.instruction, 4)
                           : std::span<const uint8_t>();
    return bytes.size() == 4 && (bytes[3] & mask) == adrp;
  }

  // The wanted data that a constant has pointers to.
  const std::vector<DatumIndex> &pointedFrom(DatumIndex constant) {
    const auto [entry, isNew] = pointedFrom_.try_emplace(constant);
    const Datum &datum = program_.data()[constant];
    const Section *section = program_.image().sectionAt(datum.rva);
    if (!isNew || section == nullptr || section->isWritable())
      return entry->second;
    for (const BaseRelocation &relocation : program_.relocationsIn({datum.rva, datum.size})) {
      const auto target = program_.image().pointerAt(relocation.rva);
      const auto pointed = target ? program_.datumContaining(*target) : std::nullopt;
      if (pointed && wanted_.contains(*pointed))
        entry->second.push_back(*pointed);
    }
    return entry->second;
  }

  // From the load of _tls_index to the end of the range that it is in.
  void addThreadLocal(FunctionIndex index, uint32_t from) {
    constexpr uint8_t gsPrefix = 0x65; // gs:[0x58]: the number belongs to the thread's block
    constexpr uint8_t fsPrefix = 0x64;
    const Function &function = program_.functions()[index];
    uint32_t end = function.body.end();
    for (const CodeRange &fragment : function.fragments)
      if (fragment.contains(from))
        end = fragment.end();
    std::string text;
    for (uint32_t rva = from; rva < end;) {
      Instruction instruction;
      const auto bytes = program_.image().bytesFrom(rva);
      if (!decoder_.decodeWithText(bytes, rva, instruction, text) || instruction.size == 0)
        return;
      const bool isForeign = program_.image().machine() != Machine::arm64 &&
                             (bytes[0] == gsPrefix || bytes[0] == fsPrefix || text.find("sp") != std::string::npos);
      if (!isForeign)
        addOffsets(index, instruction);
      rva = instruction.end();
    }
  }

  void addOffsets(FunctionIndex index, const Instruction &instruction) {
    for (const EncodedField &field : instruction.encodedFields())
      if (field.kind == EncodedField::Kind::number)
        for (const DatumIndex datum : threadLocal_) {
          const Datum &variable = program_.data()[datum];
          const int64_t offset = variable.rva - tls_->templateRva;
          if (field.value < offset || field.value >= offset + std::max(variable.size, 1U))
            continue;
          const bool isAddress = instruction.accessWidth == 0;
          add(datum, index, {!isAddress && !instruction.mayStore, !isAddress && instruction.mayStore, isAddress});
        }
  }

  void add(DatumIndex datum, FunctionIndex function, const Access &access) {
    Access &known = found_[{datum, function}];
    known.reads |= access.reads;
    known.writes |= access.writes;
    known.takesAddress |= access.takesAddress;
  }

  const Program &program_;
  const std::set<DatumIndex> &wanted_;
  Decoder decoder_;
  std::optional<TlsDirectory> tls_;
  std::vector<DatumIndex> threadLocal_;
  std::unordered_map<DatumIndex, std::vector<DatumIndex>> pointedFrom_; // by constant
  std::map<std::pair<DatumIndex, FunctionIndex>, Access> found_;
};

} // namespace

Result<std::vector<DataUse>> dataUses(const Program &program, const std::set<DatumIndex> &wanted) {
  if (wanted.empty())
    return std::vector<DataUse>();
  HOTGATE_TRY(Decoder decoder, Decoder::create(program.image().machine()));
  return UseSearch(program, wanted, std::move(decoder)).run();
}

} // namespace hotgate::analyzer
