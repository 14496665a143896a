#include "analyzer/facts/contract_writer.h"

namespace hotgate::analyzer {

Result<> writeContracts(facts::Database &facts, const ModuleAnalysis &analysis, const WrittenModule &written) {
  const Contracts &contracts = analysis.contracts;
  HOTGATE_TRY(auto change, facts.prepare("INSERT OR IGNORE INTO contract_change VALUES (?,?,?,?,?,?)"));
  for (const ContractChange &c : contracts.changes)
    HOTGATE_CHECK(change.run(written.pre.functions[c.pre], written.post.functions[c.post], c.aspect, c.preText,
                             c.postText, c.isGained));
  HOTGATE_TRY(auto call, facts.prepare("INSERT OR IGNORE INTO border_call VALUES (?,?,?,?,?)"));
  for (const BorderCall &c : contracts.calls) {
    const FunctionIds &ids = c.isPost ? written.post.functions : written.pre.functions;
    bool mayHold = false;
    bool mustHold = !c.locks.isEmpty();
    for (int number = Balances::least; number <= Balances::most; ++number) {
      mayHold |= number > 0 && c.locks.has(number);
      mustHold &= number > 0 || !c.locks.has(number);
    }
    HOTGATE_CHECK(call.run(ids[c.caller], ids[c.callee], c.site, mayHold, mustHold));
  }
  HOTGATE_TRY(auto lock, facts.prepare("INSERT OR IGNORE INTO lock_use VALUES (?,?,?,?)"));
  for (const LockUse &use : contracts.locks)
    HOTGATE_CHECK(
        lock.run(written.pre.functions[use.function], use.site, use.api, analysis.pre.program.describe(use.lockRva)));
  HOTGATE_TRY(auto balance, facts.prepare("INSERT OR IGNORE INTO resource_balance VALUES (?,?,?,?,?)"));
  for (const SideBalance &b : contracts.balances)
    for (size_t family = 0; family < resourceFamilyCount; ++family)
      if (b.takes[family] != 0 || b.gives[family] != 0 || b.atExit[family] != Balances::zero())
        HOTGATE_CHECK(balance.run((b.isPost ? written.post : written.pre).functions[b.function],
                                  resourceFamilyName(static_cast<ResourceFamily>(family)), b.takes[family],
                                  b.gives[family], b.atExit[family].text()));
  return {};
}

} // namespace hotgate::analyzer
