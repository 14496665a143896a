#include "analyzer/diff/contract_diff.h"

#include "analyzer/code/call_arguments.h"
#include "analyzer/code/import_calls.h"
#include "analyzer/image/unwind_info.h"

#include <algorithm>
#include <map>
#include <set>

namespace hotgate::analyzer {

namespace {

// Calls of imports that wait or take locks, by name.
struct ApiCalls {
  std::map<std::string, uint32_t> waits, locks;
  std::map<std::string, std::vector<uint32_t>> timeouts; // by API; only where all of its calls have constant ones
};

bool takesLock(std::string_view name) {
  const ApiEffect *api = effectOfApi(name);
  return api != nullptr && api->family == ResourceFamily::lock && api->change > 0;
}

// What is asked of one program again and again.
class Side {
public:
  static Result<Side> begin(const Program &program) {
    HOTGATE_TRY(PathBalances balances, PathBalances::begin(program));
    HOTGATE_TRY(CallArguments arguments, CallArguments::begin(program));
    return Side(program, std::move(balances), std::move(arguments));
  }

  [[nodiscard]] const Program &program() const { return program_; }
  [[nodiscard]] const Function &function(FunctionIndex index) const { return program_.functions()[index]; }
  const FunctionBalance *balance(FunctionIndex index) { return balances_.of(index); }
  CallArguments &arguments() { return arguments_; }
  std::vector<ImportSite> importSites(FunctionIndex index) { return balances_.importSites(index); }

  // Functions that take a lock, by index.
  [[nodiscard]] std::set<FunctionIndex> lockers() const {
    std::set<FunctionIndex> functions;
    for (const ImportCall &call : importCalls(program_))
      if (takesLock(call.import->name))
        functions.insert(call.function);
    return functions;
  }

  ApiCalls apiCalls(FunctionIndex index) {
    ApiCalls calls;
    std::set<std::string> unknown;
    for (const ImportSite &call : importSites(index)) {
      const std::string &name = call.import->name;
      if (const auto argument = waitArgumentOf(name)) {
        const auto timeout = *argument == 0 ? std::nullopt : arguments_.number(function(index), call.site, *argument);
        calls.waits[name] += timeout == 0U ? 0 : 1; // a look, and no wait
        if (timeout)
          calls.timeouts[name].push_back(*timeout);
        else
          unknown.insert(name);
      }
      if (takesLock(name))
        ++calls.locks[name];
    }
    for (const std::string &name : unknown)
      calls.timeouts.erase(name);
    return calls;
  }

  // Names of functions that it calls directly.
  std::set<std::string> calleeNames(FunctionIndex index) const {
    std::set<std::string> names;
    for (const Reference &reference : function(index).references)
      if (reference.kind == ReferenceKind::call || reference.kind == ReferenceKind::branch)
        if (const auto callee = program_.functionAtEntry(reference.target); callee && *callee != index)
          names.insert(function(*callee).name);
    return names;
  }

  // Of the procedure record; "" when there is none, or it names something that has no name.
  [[nodiscard]] std::string prototype(FunctionIndex index) const {
    const Function &wanted = function(index);
    const auto &symbols = program_.symbols().functions;
    const auto [begin, end] = std::ranges::equal_range(symbols, wanted.body.rva, {}, &FunctionSymbol::rva);
    for (auto symbol = begin; symbol != end; ++symbol)
      if (symbol->name == wanted.name && symbol->prototypeText.find("<type ") == std::string::npos &&
          symbol->prototypeText.find("<lambda") == std::string::npos)
        return symbol->prototypeText;
    return {};
  }

  // Formats of the language data of all handlers that cover the function.
  [[nodiscard]] std::string handlers(FunctionIndex index) const {
    std::set<std::string> kinds;
    const Function &wanted = function(index);
    const auto all = program_.image().functionRanges();
    for (int part = -1; part < wanted.rangeCount(); ++part) {
      const CodeRange &range = wanted.range(part);
      auto at = std::ranges::lower_bound(all, range.rva, {}, &FunctionRange::begin);
      for (; at != all.end() && at->begin < range.end(); ++at) {
        const HandlerUse *use =
            at->handlerRva == 0 ? nullptr : program_.exceptionData().useAt(unwindRecordOf(program_.image(), *at));
        if (use != nullptr)
          kinds.insert(std::string(handlerDataKindName(use->kind)) +
                       (use->cookieRva != 0 ? " with a stack cookie" : ""));
      }
    }
    return kinds.empty() ? "none" : fmt::format("{}", fmt::join(kinds, ", "));
  }

private:
  Side(const Program &program, PathBalances balances, CallArguments arguments)
      : program_(program), balances_(std::move(balances)), arguments_(std::move(arguments)) {}

  const Program &program_;
  PathBalances balances_;
  CallArguments arguments_;
};

std::string timeoutText(uint32_t milliseconds) {
  return milliseconds == UINT32_MAX ? "infinite" : fmt::format("{} ms", milliseconds);
}

class ContractDiff {
public:
  ContractDiff(Side &pre, Side &post, const ImageDiff &diff, const Budget &budget)
      : pre_(pre), post_(post), diff_(diff), budget_(budget) {}

  Contracts run() {
    std::set<FunctionIndex> preChanged;
    std::set<FunctionIndex> postChanged;
    for (const FunctionDifference &difference : diff_.functions) {
      if (difference.status != ChangeStatus::changed || difference.lineOnly)
        continue;
      preChanged.insert(*difference.pre);
      postChanged.insert(*difference.post);
      if (!budget_.isSpent())
        compare(difference);
    }
    addBorderCalls(pre_, preChanged, false);
    addBorderCalls(post_, postChanged, true);
    if (!preChanged.empty())
      addLockUses();
    if (budget_.isSpent())
      result_.incomplete = fmt::format("what {} changed functions promise their callers was not wholly compared: {}",
                                       preChanged.size(), budget_.reason());
    return std::move(result_);
  }

private:
  void compare(const FunctionDifference &difference) {
    const FunctionIndex pre = *difference.pre;
    const FunctionIndex post = *difference.post;
    now_ = {pre, post};
    compareTexts("prototype", pre_.prototype(pre), post_.prototype(post), true);
    compareBalances();
    compareCalls();
    compareTexts("exception handler", pre_.handlers(pre), post_.handlers(post), false);
    compareColdParts(difference);
    std::ranges::stable_sort(result_.changes.begin() + static_cast<ptrdiff_t>(first_), result_.changes.end(), {},
                             &ContractChange::aspect);
    first_ = result_.changes.size();
  }

  void add(std::string aspect, std::string pre, std::string post, bool isGained = false) {
    result_.changes.push_back({now_.first, now_.second, std::move(aspect), std::move(pre), std::move(post), isGained});
  }

  void compareTexts(const char *aspect, const std::string &pre, const std::string &post, bool isEmptyUnknown) {
    if (pre != post && !(isEmptyUnknown && (pre.empty() || post.empty())))
      add(aspect, pre, post);
  }

  void compareBalances() {
    const FunctionBalance *pre = pre_.balance(now_.first);
    const FunctionBalance *post = post_.balance(now_.second);
    if (pre == nullptr || post == nullptr)
      return;
    addBalance(now_.first, *pre, false);
    addBalance(now_.second, *post, true);
    for (size_t i = 0; i < resourceFamilyCount; ++i) {
      const Balances &before = pre->atExit[i];
      const Balances &after = post->atExit[i];
      if (before == after || before.isEmpty() || after.isEmpty() || before.isUnbounded() || after.isUnbounded())
        continue;
      bool isGained = false;
      for (int number = Balances::least; number <= Balances::most; ++number)
        isGained |= after.has(number) && !before.has(number);
      add(fmt::format("{} balance", resourceFamilyName(static_cast<ResourceFamily>(i))), before.text(), after.text(),
          isGained);
    }
    constexpr auto lock = static_cast<size_t>(ResourceFamily::lock);
    if ((pre->takes[lock] == 0) != (post->takes[lock] == 0))
      add("locks taken", fmt::format("{}", pre->takes[lock]), fmt::format("{}", post->takes[lock]),
          post->takes[lock] != 0);
  }

  // A function that the one side inlines and the other calls.
  bool isInlinedOnOneSide() const {
    const auto crosses = [](const Side &inlines, FunctionIndex inliner, const Side &calls, FunctionIndex caller) {
      const std::set<std::string> callees = calls.calleeNames(caller);
      return std::ranges::any_of(inlines.function(inliner).inlinees, [&](const std::string &name) {
        return callees.contains(name) &&
               std::ranges::find(calls.function(caller).inlinees, name) == calls.function(caller).inlinees.end();
      });
    };
    return crosses(post_, now_.second, pre_, now_.first) || crosses(pre_, now_.first, post_, now_.second);
  }

  void compareCalls() {
    if (isInlinedOnOneSide())
      return;
    const ApiCalls pre = pre_.apiCalls(now_.first);
    const ApiCalls post = post_.apiCalls(now_.second);
    addMoreCalls("wait", pre.waits, post.waits);
    addMoreCalls("lock call", pre.locks, post.locks);
    for (const auto &[name, after] : post.timeouts) {
      const auto before = pre.timeouts.find(name);
      if (before == pre.timeouts.end() || before->second.size() != after.size() || before->second == after)
        continue;
      for (size_t i = 0; i < after.size(); ++i)
        if (before->second[i] != after[i]) {
          add("timeout", fmt::format("{}: {}", name, timeoutText(before->second[i])),
              fmt::format("{}: {}", name, timeoutText(after[i])));
          break;
        }
    }
  }

  void addMoreCalls(const char *aspect, const std::map<std::string, uint32_t> &pre,
                    const std::map<std::string, uint32_t> &post) {
    std::vector<std::string> before;
    std::vector<std::string> after;
    for (const auto &[name, count] : post) {
      const auto known = pre.find(name);
      const uint32_t had = known == pre.end() ? 0 : known->second;
      if (count <= had)
        continue;
      before.push_back(fmt::format("{} {}", had, name));
      after.push_back(fmt::format("{} {}", count, name));
    }
    if (!after.empty())
      add(aspect, fmt::format("{}", fmt::join(before, ", ")), fmt::format("{}", fmt::join(after, ", ")), true);
  }

  void compareColdParts(const FunctionDifference &difference) {
    const Function &pre = pre_.function(now_.first);
    const Function &post = post_.function(now_.second);
    const auto isInBody = [&](const ListingRow &row) {
      return row.differs &&
             ((row.preRva && pre.body.contains(*row.preRva)) || (row.postRva && post.body.contains(*row.postRva)));
    };
    const size_t before = pre.fragments.size();
    const size_t after = post.fragments.size();
    if (before != after)
      add("cold parts", fmt::format("{}", before), fmt::format("{}", after));
    else if (before != 0 && !difference.listing.empty() && std::ranges::none_of(difference.listing, isInBody))
      add("cold parts", fmt::format("{}", before), fmt::format("{}, and only there is the change", after));
  }

  void addBalance(FunctionIndex index, const FunctionBalance &balance, bool isPost) {
    result_.balances.push_back({isPost, index, balance.atExit, balance.takes, balance.gives});
  }

  // Calls of changed functions, by those that call them on this side.
  void addBorderCalls(Side &side, const std::set<FunctionIndex> &changed, bool isPost) {
    const auto functions = side.program().functions();
    for (FunctionIndex caller = 0; caller < functions.size() && !budget_.isSpent(); ++caller) {
      const bool calls = std::ranges::any_of(functions[caller].references, [&](const Reference &reference) {
        const auto callee = reference.kind == ReferenceKind::call || reference.kind == ReferenceKind::branch
                                ? side.program().functionAtEntry(reference.target)
                                : std::nullopt;
        return callee && *callee != caller && changed.contains(*callee);
      });
      const FunctionBalance *balance = calls ? side.balance(caller) : nullptr;
      if (balance == nullptr)
        continue;
      for (const HeldCall &call : balance->calls)
        if (changed.contains(call.callee) && call.callee != caller)
          result_.calls.push_back({isPost, caller, call.callee, call.site, call.locks});
      addBalance(caller, *balance, isPost);
    }
  }

  // Locks that have a name: `lea rcx, [g_lock]` in front of the call.
  void addLockUses() {
    for (const FunctionIndex index : pre_.lockers())
      for (const ImportSite &call : pre_.importSites(index))
        if (takesLock(call.import->name))
          if (const auto lock = pre_.arguments().address(pre_.function(index), call.site, 1))
            result_.locks.push_back({index, call.site, call.import->name, *lock});
  }

  Side &pre_;
  Side &post_;
  const ImageDiff &diff_;
  const Budget &budget_;
  std::pair<FunctionIndex, FunctionIndex> now_;
  size_t first_ = 0; // of the changes of this pair
  Contracts result_;
};

} // namespace

Result<Contracts> diffContracts(const Program &pre, const Program &post, const ImageDiff &diff, const Budget &budget) {
  HOTGATE_TRY(Side preSide, Side::begin(pre));
  HOTGATE_TRY(Side postSide, Side::begin(post));
  return ContractDiff(preSide, postSide, diff, budget).run();
}

} // namespace hotgate::analyzer
