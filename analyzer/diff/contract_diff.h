// What changed functions promise their callers, and what they expect: where old and new code meet in a running process,
// both must agree on it.
//
//   prototype           "int (Lease *)" -> "int (Lease *, int)"                 private symbols on both sides
//   lock balance        "0" -> "+1": what it leaves taken                       path_balance.h; so memory, handle, ...
//   locks taken         "0" -> "1": calls that take a lock, its own
//   wait                "" -> "Sleep": a call that blocks, or blocks longer
//   lock call           "EnterCriticalSection x1" -> "EnterCriticalSection x2"
//   timeout             "WaitForSingleObject 1000" -> "WaitForSingleObject infinite"
//   exception handler   "C scope table" -> "C++ FuncInfo"
//   cold parts          "1" -> "2"; or "1" -> "1, and only there is the change"
//
// A call that only moved because the compiler inlined another function, or stopped to, is no change.
#pragma once

#include "analyzer/code/path_balance.h"
#include "analyzer/diff/image_diff.h"

#include <string>
#include <vector>

namespace hotgate::analyzer {

struct ContractChange {
  FunctionIndex pre = 0;
  FunctionIndex post = 0;
  std::string aspect;
  std::string preText, postText;
  bool isGained = false; // a balance: the update has a number that the base has not
};

// A call from a function of the base or the update to one that changed, with how many locks are held at it.
struct BorderCall {
  bool isPost = false;
  FunctionIndex caller = 0;
  FunctionIndex callee = 0;
  uint32_t site = 0;
  Balances locks;
};

// A call of a lock API whose lock is a global: in the base, of any function.
struct LockUse {
  FunctionIndex function = 0;
  uint32_t site = 0;
  std::string api;
  uint32_t lockRva = 0;
};

// What a function of the base or the update takes and gives back.
struct SideBalance {
  bool isPost = false;
  FunctionIndex function = 0;
  FamilyBalances atExit;
  std::array<uint32_t, resourceFamilyCount> takes{}, gives{}; // call sites
};

struct Contracts {
  std::vector<ContractChange> changes; // by pre function, then aspect
  std::vector<BorderCall> calls;
  std::vector<LockUse> locks;
  std::vector<SideBalance> balances; // of changed functions and of those that call them
  std::string incomplete;            // what a spent budget left undone; "": nothing
};

// Of the pairs that differ in more than line numbers. Errors: fault, when no decoder can be had.
Result<Contracts> diffContracts(const Program &pre, const Program &post, const ImageDiff &diff,
                                const Budget &budget = {});

} // namespace hotgate::analyzer
