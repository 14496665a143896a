#include "analyzer/symbols/local_reader.h"

#include <algorithm>
#include <llvm/DebugInfo/CodeView/SymbolDeserializer.h>

namespace hotgate::analyzer {

namespace cv = llvm::codeview;

namespace {

template <class Record> std::optional<Record> as(const cv::CVSymbol &symbol) {
  auto record = cv::SymbolDeserializer::deserializeAs<Record>(symbol);
  if (record)
    return *record;
  llvm::consumeError(record.takeError());
  return std::nullopt;
}

cv::CPUType cpuOf(Machine machine) {
  switch (machine) {
  case Machine::x64:
    return cv::CPUType::X64;
  case Machine::x86:
    return cv::CPUType::Pentium3;
  case Machine::arm64:
    return cv::CPUType::ARM64;
  }
  return cv::CPUType::X64;
}

constexpr uint16_t rax = 328, r15 = 343, eax = 17, edi = 24, x0 = 50, sp = 81;

} // namespace

LocalReader::LocalReader(Machine machine, const TypeGraph &types, Place place)
    : machine_(machine), cpu_(cpuOf(machine)), types_(types), place_(std::move(place)) {}

// CodeView counts eax, ecx, edx, ebx, esp, ebp, esi, edi as the machine does, but of 64-bit registers rax, rbx, rcx,
// rdx, rsi, rdi, rbp, rsp.
std::optional<uint8_t> LocalReader::numberOf(cv::RegisterId reg) const {
  const auto id = static_cast<uint16_t>(reg);
  switch (machine_) {
  case Machine::x64: {
    constexpr std::array<uint8_t, 8> first{0, 3, 1, 2, 6, 7, 5, 4};
    if (id < rax || id > r15)
      return std::nullopt;
    return id - rax < 8 ? first[id - rax] : static_cast<uint8_t>(id - rax);
  }
  case Machine::x86:
    return id < eax || id > edi ? std::nullopt : std::optional(static_cast<uint8_t>(id - eax));
  case Machine::arm64:
    return id < x0 || id > sp ? std::nullopt : std::optional(static_cast<uint8_t>(id - x0));
  }
  return std::nullopt;
}

bool LocalReader::isMovingStackPointer(cv::RegisterId reg) const {
  return machine_ == Machine::x86 && reg == cv::RegisterId::ESP;
}

void LocalReader::begin(FunctionSymbol &function, const cv::ProcSym &record) {
  variable_ = {};
  localFrame_ = parameterFrame_ = cv::RegisterId::NONE;
  function.isGlobal = record.getKind() == cv::SymbolRecordKind::GlobalProcSym ||
                      record.getKind() == cv::SymbolRecordKind::GlobalProcIdSym;
  function.prototype = record.FunctionType.getIndex();
  // The Microsoft compiler says where the prologue ends and the epilogue begins; Clang says nothing, in ranges alone.
  const bool tells = record.DbgEnd > record.DbgStart && record.DbgEnd <= record.CodeSize;
  frameBegin_ = function.rva + (tells ? record.DbgStart : 0);
  frameEnd_ = function.rva + (tells ? record.DbgEnd : function.size);
}

bool LocalReader::read(const cv::CVSymbol &symbol, FunctionSymbol &function) {
  switch (symbol.kind()) {
  case cv::S_FRAMEPROC:
    if (const auto frame = as<cv::FrameProcSym>(symbol)) {
      localFrame_ = frame->getLocalFramePtrReg(cpu_);
      parameterFrame_ = frame->getParamFramePtrReg(cpu_);
      return true;
    }
    return false;
  case cv::S_LOCAL:
    if (const auto local = as<cv::LocalSym>(symbol)) {
      const TypeNumber type = local->Type.getIndex();
      variable_ = {types_.leadsToRecord(type) ? type : 0,
                   (local->Flags & cv::LocalSymFlags::IsParameter) != cv::LocalSymFlags::None};
      function.tellsParameters |= variable_.isParameter;
      return true;
    }
    return false;
  case cv::S_REGREL32:
    if (const auto local = as<cv::RegRelativeSym>(symbol)) {
      function.tellsParameters = true;
      addInMemory(function, local->Register, static_cast<int32_t>(local->Offset), local->Type.getIndex(), false);
      return true;
    }
    return false;
  case cv::S_BPREL32:
    if (const auto local = as<cv::BPRelativeSym>(symbol)) {
      function.tellsParameters = true;
      addInMemory(function, cv::RegisterId::EBP, local->Offset, local->Type.getIndex(), local->Offset > 0);
      return true;
    }
    return false;
  case cv::S_HEAPALLOCSITE:
    if (const auto site = as<cv::HeapAllocationSiteSym>(symbol)) {
      if (const auto rva = place_(site->Segment, site->CodeOffset))
        function.allocations.push_back({*rva, site->Type.getIndex()});
      return true;
    }
    return false;
  default:
    break;
  }
  if (variable_.type == 0)
    return true;
  switch (symbol.kind()) {
  case cv::S_DEFRANGE_REGISTER:
    if (const auto range = as<cv::DefRangeRegisterSym>(symbol)) {
      if (const auto reg = numberOf(static_cast<cv::RegisterId>(uint16_t{range->Hdr.Register})))
        addRange(function, range->Range, range->Gaps, {0, 0, false, variable_.isParameter, *reg, 0, variable_.type});
      return true;
    }
    return false;
  case cv::S_DEFRANGE_REGISTER_REL:
    if (const auto range = as<cv::DefRangeRegisterRelSym>(symbol)) {
      const auto id = static_cast<cv::RegisterId>(uint16_t{range->Hdr.Register});
      const auto reg = numberOf(id);
      if (reg && !isMovingStackPointer(id) && !range->hasSpilledUDTMember() && range->offsetInParent() == 0)
        addRange(function, range->Range, range->Gaps,
                 {0, 0, true, variable_.isParameter, *reg, range->Hdr.BasePointerOffset, variable_.type});
      return true;
    }
    return false;
  case cv::S_DEFRANGE_FRAMEPOINTER_REL:
    if (const auto range = as<cv::DefRangeFramePointerRelSym>(symbol)) {
      addFrameRelative(function, &range->Range, range->Gaps, range->Hdr.Offset);
      return true;
    }
    return false;
  case cv::S_DEFRANGE_FRAMEPOINTER_REL_FULL_SCOPE:
    if (const auto range = as<cv::DefRangeFramePointerRelFullScopeSym>(symbol)) {
      addFrameRelative(function, nullptr, {}, range->Offset);
      return true;
    }
    return false;
  default:
    return true;
  }
}

void LocalReader::addFrameRelative(FunctionSymbol &function, const cv::LocalVariableAddrRange *range,
                                   const std::vector<cv::LocalVariableAddrGap> &gaps, int32_t offset) const {
  const cv::RegisterId frame = variable_.isParameter ? parameterFrame_ : localFrame_;
  if (range == nullptr) {
    addInMemory(function, frame, offset, variable_.type, variable_.isParameter);
    return;
  }
  if (const auto reg = numberOf(frame); reg && !isMovingStackPointer(frame))
    addRange(function, *range, gaps, {0, 0, true, variable_.isParameter, *reg, offset, variable_.type});
}

void LocalReader::addInMemory(FunctionSymbol &function, cv::RegisterId reg, int32_t offset, TypeNumber type,
                              bool isParameter) const {
  const auto number = numberOf(reg);
  if (number && !isMovingStackPointer(reg) && types_.leadsToRecord(type) && frameBegin_ < frameEnd_)
    function.places.push_back({frameBegin_, frameEnd_, true, isParameter, *number, offset, type});
}

void LocalReader::addRange(FunctionSymbol &function, const cv::LocalVariableAddrRange &range,
                           const std::vector<cv::LocalVariableAddrGap> &gaps, TypedPlace place) const {
  const auto begin = place_(range.ISectStart, range.OffsetStart);
  if (!begin)
    return;
  // Gaps ascend and count from the range's begin; of damaged ones, what they leave over is never more than the range.
  uint32_t at = 0;
  const auto add = [&](uint32_t end) {
    if (at < end && end <= UINT32_MAX - *begin) {
      place.begin = *begin + at;
      place.end = *begin + end;
      function.places.push_back(place);
    }
  };
  for (const cv::LocalVariableAddrGap &gap : gaps) {
    add(std::min<uint32_t>(gap.GapStartOffset, range.Range));
    at = std::max<uint32_t>(at, uint32_t{gap.GapStartOffset} + gap.Range);
  }
  add(range.Range);
}

} // namespace hotgate::analyzer
