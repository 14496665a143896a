#include "analyzer/code/second_opinion.h"

#include "analyzer/code/decoder.h"
#include "analyzer/code/operation_names.h"

#include <algorithm>
#include <array>
#include <capstone/capstone.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/Support/Endian.h>
#include <optional>
#include <utility>

namespace hotgate::analyzer {

std::string_view disagreementKindName(DecoderDisagreement::Kind kind) {
  switch (kind) {
  case DecoderDisagreement::Kind::boundary:
    return "boundary";
  case DecoderDisagreement::Kind::operation:
    return "operation";
  case DecoderDisagreement::Kind::unknown:
    return "unknown";
  }
  return "";
}

namespace {

using Kind = DecoderDisagreement::Kind;

constexpr uint32_t mostPlaces = 16;         // of each sort and function
constexpr size_t mostRemembered = 1U << 18; // encodings that both read alike

struct CapstoneArchitecture {
  cs_arch architecture;
  cs_mode mode;
};

CapstoneArchitecture architectureOf(Machine machine) {
  switch (machine) {
  case Machine::arm64:
    return {CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN};
  case Machine::x86:
    return {CS_ARCH_X86, CS_MODE_32};
  case Machine::x64:
    break;
  }
  return {CS_ARCH_X86, CS_MODE_64};
}

// An instruction's bytes and, in the last of sixteen, their number. Without the distance to a place: where a call or a
// variable lies says nothing about the operation or its length.
using EncodingKey = std::pair<uint64_t, uint64_t>;

EncodingKey keyOf(std::span<const uint8_t> bytes, const Instruction &instruction) {
  using llvm::support::endian::read64le;
  constexpr uint8_t distanceSize = 4;
  std::array<uint8_t, 16> key{};
  std::copy_n(bytes.begin(), instruction.size, key.begin());
  for (const EncodedField &field : instruction.encodedFields())
    if (field.form == FieldForm::bytes && field.kind != EncodedField::Kind::number && field.size == distanceSize)
      std::fill_n(key.begin() + field.offset, distanceSize, uint8_t{0});
  key.back() = instruction.size;
  return {read64le(key.data()), read64le(&key[8])};
}

struct InstructionDeleter {
  void operator()(cs_insn *instruction) const { cs_free(instruction, 1); }
};

class CapstoneHandle {
public:
  CapstoneHandle() = default;
  CapstoneHandle(const CapstoneHandle &) = delete;
  CapstoneHandle &operator=(const CapstoneHandle &) = delete;
  ~CapstoneHandle() {
    instruction_.reset();
    if (handle_ != 0)
      cs_close(&handle_);
  }

  cs_err open(Machine machine) {
    const auto [architecture, mode] = architectureOf(machine);
    if (const cs_err error = cs_open(architecture, mode, &handle_); error != CS_ERR_OK)
      return error;
    instruction_.reset(cs_malloc(handle_));
    return instruction_ == nullptr ? CS_ERR_MEM : CS_ERR_OK;
  }

  // The instruction at the front of the bytes, valid until the next call, or null.
  const cs_insn *decode(std::span<const uint8_t> bytes, uint64_t address) {
    const uint8_t *at = bytes.data();
    size_t left = bytes.size();
    return cs_disasm_iter(handle_, &at, &left, &address, instruction_.get()) ? instruction_.get() : nullptr;
  }

private:
  csh handle_ = 0;
  std::unique_ptr<cs_insn, InstructionDeleter> instruction_;
};

} // namespace

struct SecondDecoder::Machinery {
  Machine machine;
  Decoder llvm;
  CapstoneHandle capstone;

  // Encodings that both read alike before: code repeats itself, and both readings follow from the bytes alone.
  llvm::DenseSet<EncodingKey> agreed = {};

  // One range's instructions, as LLVM cuts them: after a difference both go on behind LLVM's instruction.
  void compare(std::span<const uint8_t> bytes, uint32_t rva, SecondOpinion &opinion) {
    Instruction instruction;
    for (uint32_t at = 0; at < bytes.size(); at += instruction.size) {
      const auto rest = bytes.subspan(at);
      if (!llvm.decode(rest, rva + at, instruction))
        return;
      ++opinion.instructions;
      const EncodingKey encoding = keyOf(rest, instruction);
      if (agreed.contains(encoding))
        continue;
      if (auto disagreement = disagreementAt(rest, rva + at, instruction.size))
        add(opinion, *std::move(disagreement));
      else if (agreed.size() < mostRemembered)
        agreed.insert(encoding);
    }
  }

  std::optional<DecoderDisagreement> disagreementAt(std::span<const uint8_t> bytes, uint32_t rva, uint8_t size) {
    Instruction instruction;
    std::string text;
    llvm.decodeWithText(bytes, rva, instruction, text);
    const cs_insn *other = capstone.decode(bytes, rva);
    if (other == nullptr)
      return DecoderDisagreement{rva, Kind::unknown, text, {}};
    if (other->size != size)
      return DecoderDisagreement{rva, Kind::boundary, text, textOf(*other)};
    if (!sameOperation(machine, text, other->mnemonic, other->op_str))
      return DecoderDisagreement{rva, Kind::operation, text, textOf(*other)};
    return std::nullopt;
  }

  static std::string textOf(const cs_insn &instruction) {
    std::string text = instruction.mnemonic;
    if (instruction.op_str[0] != '\0')
      text.append(" ").append(instruction.op_str);
    return text;
  }

  static void add(SecondOpinion &opinion, DecoderDisagreement disagreement) {
    uint32_t &count = disagreement.kind == Kind::unknown ? opinion.unknown : opinion.contradicted;
    if (count++ < mostPlaces)
      opinion.places.push_back(std::move(disagreement));
  }
};

SecondDecoder::SecondDecoder(std::unique_ptr<Machinery> machinery) : machinery_(std::move(machinery)) {}
SecondDecoder::SecondDecoder(SecondDecoder &&) noexcept = default;
SecondDecoder &SecondDecoder::operator=(SecondDecoder &&) noexcept = default;
SecondDecoder::~SecondDecoder() = default;

Result<SecondDecoder> SecondDecoder::create(Machine machine) {
  HOTGATE_TRY(Decoder llvm, Decoder::create(machine));
  std::unique_ptr<Machinery> machinery(new Machinery{machine, std::move(llvm), {}});
  if (const cs_err error = machinery->capstone.open(machine); error != CS_ERR_OK)
    return failFault("second decoder", name(), fmt::format("{}: {}", machineName(machine), cs_strerror(error)),
                     "install a Capstone that decodes this machine");
  return SecondDecoder(std::move(machinery));
}

SecondOpinion SecondDecoder::on(const Program &program, const Function &function) {
  SecondOpinion opinion;
  const auto compare = [&](uint32_t begin, uint32_t end) {
    machinery_->compare(program.bytesOf({begin, end - begin}), begin, opinion);
  };
  const auto compareCode = [&](const CodeRange &range) {
    uint32_t begin = range.rva;
    for (const CodeRange &table : function.jumpTables)
      if (range.contains(table.rva) && table.rva >= begin) {
        compare(begin, table.rva);
        begin = std::min(table.end(), range.end());
      }
    compare(begin, range.end());
  };
  compareCode(function.body);
  for (const CodeRange &fragment : function.fragments)
    compareCode(fragment);
  std::sort(opinion.places.begin(), opinion.places.end(), [](const auto &a, const auto &b) { return a.rva < b.rva; });
  return opinion;
}

SecondOpinion SecondDecoder::on(std::span<const uint8_t> bytes, uint32_t rva) {
  SecondOpinion opinion;
  machinery_->compare(bytes, rva, opinion);
  return opinion;
}

// The library knows its major and minor number at run time; the rest of the version is the header's.
std::string SecondDecoder::name() {
  int major = 0;
  int minor = 0;
  cs_version(&major, &minor);
  if (major == CS_VERSION_MAJOR && minor == CS_VERSION_MINOR)
    return fmt::format("Capstone {}.{}.{}", major, minor, CS_VERSION_EXTRA);
  return fmt::format("Capstone {}.{}", major, minor);
}

} // namespace hotgate::analyzer
