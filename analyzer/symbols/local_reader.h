// Where the records of a procedure say that its variables are, as far as they are, or lead to, structs: what
// pointer_walk.h begins with.
//
// Compilers write it in two ways: one record with a place that holds for the whole procedure (S_REGREL32, S_BPREL32),
// or a variable (S_LOCAL) with the ranges in which it is somewhere (S_DEFRANGE_...).
//
// Limits: a variable of which only a part is somewhere, and one at x86's esp, which every push moves, have no place.
#pragma once

#include "analyzer/image/image.h"
#include "analyzer/symbols/symbols.h"

#include <functional>
#include <llvm/DebugInfo/CodeView/SymbolRecord.h>
#include <optional>

namespace hotgate::analyzer {

class LocalReader {
public:
  using Place = std::function<std::optional<uint32_t>(uint16_t section, uint32_t offset)>;
  LocalReader(Machine machine, const TypeGraph &types, Place place);

  void begin(FunctionSymbol &function, const llvm::codeview::ProcSym &record);
  // A record inside of the procedure that was begun; what it does not know it passes over. False when it is damaged.
  bool read(const llvm::codeview::CVSymbol &symbol, FunctionSymbol &function);

private:
  struct Variable {
    TypeNumber type = 0; // 0: leads to no struct
    bool isParameter = false;
  };
  void addInMemory(FunctionSymbol &function, llvm::codeview::RegisterId reg, int32_t offset, TypeNumber type,
                   bool isParameter) const;
  void addRange(FunctionSymbol &function, const llvm::codeview::LocalVariableAddrRange &range,
                const std::vector<llvm::codeview::LocalVariableAddrGap> &gaps, TypedPlace place) const;
  void addFrameRelative(FunctionSymbol &function, const llvm::codeview::LocalVariableAddrRange *range,
                        const std::vector<llvm::codeview::LocalVariableAddrGap> &gaps, int32_t offset) const;
  std::optional<uint8_t> numberOf(llvm::codeview::RegisterId reg) const;
  bool isMovingStackPointer(llvm::codeview::RegisterId reg) const;

  Machine machine_;
  llvm::codeview::CPUType cpu_;
  const TypeGraph &types_;
  Place place_;
  Variable variable_;
  llvm::codeview::RegisterId localFrame_{}, parameterFrame_{};
  uint32_t frameBegin_ = 0, frameEnd_ = 0; // RVAs between prologue and epilogue
};

} // namespace hotgate::analyzer
