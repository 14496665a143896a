#include "cli/gate_command.h"

#include "cli/installation.h"
#include "cli/kb_file.h"
#include "cli/result_folder.h"
#include "cli/static_half.h"
#include "harness/lab/lab.h"
#include "harness/roles/role.h"
#include "harness/vm/cache.h"
#include "rules/engine/verdict.h"
#include "support/log.h"
#include "support/scratch_folder.h"

#include <algorithm>
#include <chrono>
#include <llvm/ADT/StringRef.h>

namespace hotgate::cli {

namespace {

// How long each step of a lab run took. A step ends where the next one is announced.
class StepClock {
public:
  StepClock(Timings &timings, std::string run) : timings_(timings), run_(std::move(run)) {}
  StepClock(const StepClock &) = delete;
  StepClock &operator=(const StepClock &) = delete;
  ~StepClock() { end(); }

  // "patched: soak, 100 of 600 requests" is the same step as "patched: soak".
  void step(std::string_view text) {
    const std::string name(text.substr(0, text.find(',')));
    // Others are about what is built meanwhile: "building the guest image".
    if (name == name_ || name.find(": ") == std::string::npos)
      return;
    end();
    name_ = name;
  }

private:
  void end() {
    const auto now = std::chrono::steady_clock::now();
    if (!name_.empty())
      timings_.emplace_back(fmt::format("{}: {}", run_, name_),
                            std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_));
    begin_ = now;
  }

  Timings &timings_;
  std::string run_;
  std::string name_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

class Gate {
public:
  Gate(const GateOptions &options, KbFile kb, Installation installation, std::vector<rules::Rule> catalogue,
       facts::Database facts)
      : options_(options), kb_(std::move(kb)), installation_(std::move(installation)), catalogue_(std::move(catalogue)),
        facts_(std::move(facts)) {}

  Result<ExitCode> run() {
    HOTGATE_CHECK(checkLab()); // before minutes of work, not behind them
    HOTGATE_TRY(const ResultFolder folder, ResultFolder::prepare(options_.out));
    HOTGATE_TRY(const ScratchFolder scratch, ScratchFolder::make(options_.out)); // the lab reads from it, too
    HOTGATE_CHECK(timed("static", [&] { return staticHalf(scratch.path()); }));
    if (options_.parts != GateOptions::Parts::staticHalf)
      HOTGATE_CHECK(dynamicHalf());
    const auto scope =
        options_.parts == GateOptions::Parts::staticHalf ? rules::Scope::statically : rules::Scope::withLab;
    HOTGATE_TRY(const rules::Verdict verdict, rules::judge(facts_, catalogue_, scope));
    HOTGATE_CHECK(folder.write(verdict, catalogue_, facts_, timings_));
    log::endProgress();
    HOTGATE_CHECK(folder.print(verdict, catalogue_, facts_));
    return exitCodeOf(verdict.kind);
  }

private:
  Result<harness::LabConfig> labConfig() const {
    HOTGATE_TRY(harness::LabConfig config, harness::readLabConfig(*kb_.lab, options_.provider));
    if (options_.quarantine) {
      HOTGATE_TRY(config.quarantine, harness::readQuarantine(*options_.quarantine, harness::todayUtc()));
    }
    return config;
  }

  // A mistake in lab.yaml, or a host that cannot do what it asks for.
  Result<> checkLab() const {
    if (options_.parts == GateOptions::Parts::staticHalf || !kb_.lab)
      return {};
    HOTGATE_TRY(const harness::LabConfig config, labConfig());
    return harness::checkLabHost(config.provider, config.machine);
  }

  template <class Step> Result<> timed(const std::string &name, Step step) {
    const auto begin = std::chrono::steady_clock::now();
    HOTGATE_CHECK(step());
    const auto taken = std::chrono::steady_clock::now() - begin;
    timings_.emplace_back(name, std::chrono::duration_cast<std::chrono::milliseconds>(taken));
    return {};
  }

  Result<> staticHalf(const std::filesystem::path &scratch) {
    HOTGATE_TRY(modules_, readKbImages(kb_, scratch, facts_));
    return analyzeModules(kb_, modules_, options_.budget, facts_);
  }

  Result<> lackLab(const std::string &reason) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR REPLACE INTO evidence VALUES ('lab','',0,?)"));
    return insert.run(reason);
  }

  Result<> dynamicHalf() {
    if (!kb_.lab)
      return lackLab("KB.yaml names no lab");
    if (options_.parts == GateOptions::Parts::whole) {
      HOTGATE_TRY(const rules::Verdict verdict, rules::judge(facts_, catalogue_, rules::Scope::statically));
      if (verdict.kind == rules::VerdictKind::block)
        return lackLab("lab not started: the static half blocks");
    }
    HOTGATE_TRY(const harness::LabConfig config, labConfig());
    HOTGATE_TRY(const std::vector<std::string> roles, rolesToRun());
    if (roles.empty())
      return lackLab("no role is known for the modules of this KB");
    for (const std::string &role : roles)
      HOTGATE_CHECK(timed("lab " + role, [&] { return runRole(role, config); }));
    return {};
  }

  // As declared, else every role that one of the modules belongs to.
  Result<std::vector<std::string>> rolesToRun() const {
    if (options_.onlyRole)
      return std::vector{*options_.onlyRole};
    if (!kb_.roles.empty())
      return kb_.roles;
    std::vector<std::string> roles;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator(installation_.roles, error)) {
      if (entry.path().extension() != ".yaml")
        continue;
      const std::string role = entry.path().stem().string();
      HOTGATE_TRY(const auto module, moduleOf(role));
      if (module != nullptr)
        roles.push_back(role);
    }
    std::sort(roles.begin(), roles.end());
    return roles;
  }

  // The patched module that makes this role; nullptr when the KB has none.
  Result<const Module *> moduleOf(const std::string &role) const {
    HOTGATE_TRY(const harness::Role data, harness::readRole(installation_.roles / (role + ".yaml")));
    for (const Module &module : modules_) {
      const std::string name = llvm::StringRef(module.name).lower();
      if (module.hotpatch && std::find(data.components.begin(), data.components.end(), name) != data.components.end())
        return &module;
    }
    return nullptr;
  }

  static harness::LabConfig configOf(const std::string &role, harness::LabConfig config) {
    std::erase_if(config.quarantine, [&](const harness::QuarantinedExchange &each) { return each.role != role; });
    return config;
  }

  Result<> runRole(const std::string &role, const harness::LabConfig &config) {
    HOTGATE_TRY(const Module *module, moduleOf(role));
    if (module == nullptr)
      return failUsage(kb_.fileName, "key 'roles'",
                       fmt::format("role '{}' needs a patched module of its own, and this KB has none", role),
                       fmt::format("see 'components' in the role's file {}.yaml", role));
    HOTGATE_TRY(const auto cache, harness::defaultCacheFolder());
    harness::LabRequest request{
        module->pre.path,
        module->hotpatch->path,
        module->post.path,
        configOf(role, config),
        role,
        {installation_.roles, installation_.agent, installation_.tap, installation_.client, cache}};
    const std::filesystem::path kept = options_.out / ("guest-" + role);
    std::error_code error;
    std::filesystem::remove_all(kept, error); // an earlier run's
    harness::GuestKeeper own({kept, options_.keepMemoryDump});
    if (options_.keepGuest)
      request.keeper = options_.keeper != nullptr ? options_.keeper : &own;
    StepClock clock(timings_, "lab " + role);
    return harness::runLab(request, facts_, [&](std::string_view step) {
      clock.step(step);
      options_.progress(fmt::format("{}: lab {}: {}", kb_.kb, role, step));
    });
  }

  const GateOptions &options_;
  KbFile kb_;
  Installation installation_;
  std::vector<rules::Rule> catalogue_;
  facts::Database facts_;
  std::vector<Module> modules_;
  Timings timings_;
};

} // namespace

Result<ExitCode> gateCommand(const GateOptions &options) {
  HOTGATE_TRY(KbFile kb, readKbFile(options.kb));
  HOTGATE_TRY(Installation installation, findInstallation());
  HOTGATE_TRY(auto catalogue, rules::loadCatalogue(options.rules.value_or(installation.rules)));
  HOTGATE_TRY(auto facts, facts::Database::create(":memory:"));
  return Gate(options, std::move(kb), std::move(installation), std::move(catalogue), std::move(facts)).run();
}

} // namespace hotgate::cli
