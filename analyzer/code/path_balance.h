// How many more locks, blocks of memory and handles a function takes than it gives back, on each way from its entry to
// an exit: {0} for one that frees what it allocates, {0, +1} for one that does so only on some ways, {-1} for one that
// leaves a lock which its caller took.
//
// A call of an import counts as the table says (api_effects.h), a call of a function of the image as that function
// does. A test of a taking call's result right behind it (`test rax, rax` / `je`) takes the way on which nothing was
// got out of the count. Ways are followed without regard to conditions: one that the program can never take counts,
// too.
//
// Limits: numbers are kept from -8 to +7; what a switch's jump leads to is taken to be the code that nothing else leads
// to; a call through a pointer counts as nothing; which import a register holds
// at `call rbx` is taken from the nearest load of a slot into it, in the order of the code.
#pragma once

#include "analyzer/code/api_effects.h"
#include "analyzer/code/program.h"

#include <array>
#include <bitset>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hotgate::analyzer {

// A set of numbers from -8 to +7.
class Balances {
public:
  static constexpr int least = -8, most = 7;
  static Balances zero() { return Balances().with(0); }
  [[nodiscard]] Balances with(int number) const;
  [[nodiscard]] bool has(int number) const { return bits_[static_cast<size_t>(number - least)]; }
  [[nodiscard]] bool isEmpty() const { return bits_.none(); }
  // Of loops that take and loops that give back: anything may come out.
  [[nodiscard]] bool isUnbounded() const { return has(least) && has(most); }
  // Every sum of one of these and one of those.
  [[nodiscard]] Balances plus(const Balances &other) const;
  [[nodiscard]] Balances plus(int number) const { return plus(Balances().with(number)); }
  Balances &operator|=(const Balances &other) {
    bits_ |= other.bits_;
    return *this;
  }
  bool operator==(const Balances &) const = default;
  [[nodiscard]] std::string text() const; // "0, +1"; "never" for none: the function does not come back

private:
  std::bitset<most - least + 1> bits_;
};
using FamilyBalances = std::array<Balances, resourceFamilyCount>;

// A direct call of a function of the image, and how many locks are held at it.
struct HeldCall {
  FunctionIndex callee = 0;
  uint32_t site = 0;
  Balances locks;
};

// A call of an import; the site is that of the call, also where the slot is read into a register before.
struct ImportSite {
  const Import *import = nullptr; // the image owns it
  uint32_t site = 0;
};

struct FunctionBalance {
  FamilyBalances atExit;
  std::array<uint32_t, resourceFamilyCount> takes{}, gives{}; // call sites of imports, its own ones
  std::vector<HeldCall> calls;                                // by site
};

class PathBalances {
public:
  // The program must outlive it. Errors: fault, when no decoder can be had.
  static Result<PathBalances> begin(const Program &program);
  PathBalances(PathBalances &&) noexcept;
  PathBalances &operator=(PathBalances &&) noexcept;
  ~PathBalances();

  // nullptr when the body does not decode or is very large.
  const FunctionBalance *of(FunctionIndex function);
  // Its own calls of imports, in the order of the code; none when the body does not decode.
  std::vector<ImportSite> importSites(FunctionIndex function);

private:
  class Walk;
  explicit PathBalances(std::unique_ptr<Walk> walk);
  std::unique_ptr<Walk> walk_;
};

} // namespace hotgate::analyzer
