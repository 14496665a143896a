// Follows ARM64 addresses through one linear pass. `adrp x8, page` leaves a page in a register, and the offset of each
// `add x0, x8, #lo12` or `ldr x9, [x8, #lo12]` behind it makes an address of it; one adrp can serve several, all on its
// page. What is loaded from an address that adr or such an add has made is data, also where it lies between code.
//
// Where control comes from elsewhere, so do the registers: a forward branch carries what they hold to its target. Where
// two ways meet, what either knows is kept: only a register that both have filled alike can be of use there. One that
// they have filled differently is unknown.
//
// Limits: one pass in address order, so nothing is carried backward, nor by an indirect branch.
#pragma once

#include "analyzer/code/instruction.h"

#include <array>
#include <map>
#include <optional>
#include <set>

namespace hotgate::analyzer {

class Arm64Addresses {
public:
  struct Completed {
    uint32_t target = 0;          // RVA
    std::optional<uint32_t> adrp; // RVA of the instruction that gave the page, when this is its first use
  };
  // A load from an address that other instructions have made.
  struct Load {
    uint32_t from = 0;  // RVA; with an index register: of the table
    uint32_t maker = 0; // RVA of the adr or add, or of the load itself (ldr literal)
  };
  struct Found {
    std::optional<Completed> completed; // by the offset in this instruction
    std::optional<Load> load;
  };

  // Where a range of .pdata begins: a function of its own or a part of the one before. Unless control comes from there,
  // only what a callee keeps can be of use: no function begins by using such a register, but a part of one does.
  void beginRange(uint32_t rva);

  // True when a register has a page of an adrp in [begin, end) that no address was made of so far.
  [[nodiscard]] bool hasUnusedPage(uint32_t begin, uint32_t end) const;

  // To be told of every instruction, in order.
  Found follow(const Instruction &instruction, uint32_t word);

private:
  struct Value {
    int64_t rva = 0; // as computed: a damaged instruction can lead anywhere
    bool isPage = false;
    uint32_t maker = 0; // RVA of the adrp, adr or add
    bool operator==(const Value &) const = default;
  };
  struct Registers {
    std::array<Value, 32> values{}; // the last one never has any
    uint32_t known = 0;             // bit n: xn has one
    [[nodiscard]] const Value *find(unsigned number) const;
    void merge(const Registers &other);
  };

  void arrive(const Instruction &instruction);
  void leave(const Instruction &instruction);
  [[nodiscard]] std::optional<Load> findLoad(const Instruction &instruction, uint32_t word) const;
  std::optional<Completed> complete(const Instruction &instruction, uint32_t word);
  [[nodiscard]] std::optional<Value> result(const Instruction &instruction, uint32_t word,
                                            const std::optional<Completed> &completed) const;
  void write(const Instruction &instruction, uint32_t word, const std::optional<Value> &value);

  Registers registers_;
  bool isReached_ = true;               // from the instruction before
  std::map<uint32_t, Registers> ahead_; // by target of the forward branches so far
  std::set<uint32_t> usedPages_;        // by RVA of the adrp
};

} // namespace hotgate::analyzer
