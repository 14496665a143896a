// The rules about layouts on real images with private symbols: each case has exactly the findings that it is about, and
// its finding says what it must.
#include "tests/cli/built_kb.h"

namespace hotgate::cli {
namespace {

using analyzer::test::BuildOptions;

struct LayoutCase {
  Case kb;
  std::string rule; // whose finding, the only one of that rule, says:
  std::vector<std::string> says;
};

const std::string runtime =
    "void *operator new(unsigned long long size);\nvoid operator delete(void *, unsigned long long) noexcept;\n"
    "extern \"C\" const void *const typeInformation[2] __asm__(\"??_7type_info@@6B@\") = {};\n"
    "EXPORT NOINLINE int Steady(int x) { volatile int y = x; return y * 5; }\n";
const std::string noFree = "void operator delete(void *, unsigned long long) noexcept {}\n";

// `Fix` is what the KB patches; `Old` is not, and goes on with the layout that it knows.
std::string leases(const char *members, const char *fix) {
  return std::string("struct Lease { ") + members +
         " int end; };\nstruct Table { int count; Lease leases[2]; int last; };\n"
         "EXPORT NOINLINE int Fix(Lease *lease, int x) { return lease->end" +
         fix + "; }\nEXPORT NOINLINE int Old(Lease *lease) { return lease->end * 3; }\n" +
         "EXPORT NOINLINE int Older(Table *table) { return table->last; }\n";
}

// A spare member, and code that uses it or does not.
std::string spare(const char *member, const char *use, const char *fix) {
  return std::string("struct Lease { int address; ") + member +
         " int end; };\nEXPORT NOINLINE int Fix(Lease *lease) { return lease->end + " + fix +
         "; }\nEXPORT NOINLINE int Old(Lease *lease) { return lease->end" + use + "; }\n";
}

// Objects that only `Fix` makes; `Read` sees them.
std::string replies(const char *last, const char *fix, const char *other = "") {
  return runtime + "struct Reply { long long code; long long length; long long owner; " + last +
         " };\nEXPORT NOINLINE long long Read(Reply *reply) { return reply->code + reply->length; }\n"
         "EXPORT NOINLINE long long Fix(long long x) { Reply *reply = new Reply; reply->code = x" +
         fix + "; reply->length = x; " + (*last != 0 ? "reply->more = 1;" : "") + " return Read(reply); }\n" + other +
         "NOINLINE void *operator new(unsigned long long size) { return (void *)(size * 16); }\n" + noFree;
}

// What one call needs, and nothing else knows.
std::string scratch(const char *members, const char *fix) {
  return std::string("struct Scratch { int a; ") + members +
         " int z; };\nEXPORT NOINLINE int Fix(int x) { volatile Scratch scratch; scratch.a = x; "
         "scratch.z = x + " +
         fix + "; return scratch.z; }\nEXPORT NOINLINE int Steady(int x) { volatile int y = x; return y * 5; }\n";
}

std::string servers(const char *slots, const char *fix) {
  return runtime + "struct Server { int state; virtual int Run(int x); " + slots +
         " virtual int Stop(); };\nint Server::Run(int x) { return x + " + fix +
         "; }\nint Server::Stop() { return state; }\nServer g_server;\nEXPORT NOINLINE int Fix(Server *s) { return "
         "s->Stop() + " +
         fix +
         "; }\nEXPORT NOINLINE int Old(Server *s) { return s->Stop(); }\nEXPORT Server *Get() { return &g_server; }\n" +
         noFree;
}

std::string states(const char *values, const char *fix) {
  return std::string("enum State { ") + values +
         " };\nState g_state;\nEXPORT NOINLINE int Fix(State s) { return s == Bound ? " + fix +
         " : 0; }\nEXPORT NOINLINE int Old() { return g_state == Free; }\n";
}

std::string bases(const char *more) {
  return runtime +
         "struct Service { virtual int Serve() { return 1; } };\nstruct Log { virtual int Write() { return 2; } "
         "};\nstruct Server : Log" +
         more +
         " { int Write() override { return 3; } };\nServer g_server;\nLog *volatile g_log = &g_server;\n"
         "EXPORT NOINLINE int Use() { return g_log->Write(); }\n" +
         noFree;
}

std::string times(const char *type, const char *fix) {
  return std::string("typedef ") + type +
         " Time;\nTime Local(Time t);\nEXPORT NOINLINE int Fix(int x) { Time t = x; volatile Time *p = &t; return *p "
         "+ " +
         fix + "; }\n";
}

const BuildOptions rtti{{"-frtti"}, {}, {}, true};

std::vector<LayoutCase> cases() {
  return {
      {{"RootCauseOnce",
        leases("int address;", ""),
        leases("int address; int kind;", " + 0"),
        {"Fix"},
        "block",
        {"HG103", "HG201"}},
       "HG201",
       {"struct Lease grows from 8 to 12 bytes", "added member: kind at 0x4", "first moved member: end 0x4 -> 0x8",
        "with it change type Table", "not patched, but uses what moved (2): Old, Older", "patched (1): Fix"}},
      {{"ReservedMemberThatNobodyUses",
        spare("int reserved;", "", "1"),
        spare("short kind; short flags;", "", "2"),
        {"Fix"},
        "approve",
        {"HG207"}},
       "HG207",
       {"kind at 0x4", "it replaces reserved"}},
      {{"ReservedMemberThatIsUsed",
        spare("int reserved;", " + lease->reserved", "1"),
        spare("short kind; short flags;", " + lease->kind", "2"),
        {"Fix", "Old"},
        "review",
        {"HG206"}},
       "HG206",
       {"removed reserved at 0x4", "added kind at 0x4"}},
      {{"GrowthOfWhatOnlyPatchedCodeMakes",
        replies("", " + 1"),
        replies("long long more;", " + 2"),
        {"Fix"},
        "approve",
        {"HG207"}},
       "HG207",
       {"it grows at its end from 24 to 32 bytes", "Fix"}},
      {{"GrowthOfWhatOthersMakeToo",
        replies("", " + 1", "EXPORT NOINLINE void *Other() { return new Reply; }\n"),
        replies("long long more;", " + 2", "EXPORT NOINLINE void *Other() { return new Reply; }\n"),
        {"Fix", "Other"},
        "approve",
        {"HG207"}},
       "HG207",
       {"Fix, Other"}},
      {{"GrowthOfWhatOldCodeMakes",
        replies("", " + 1", "EXPORT NOINLINE void *Other() { return new Reply; }\n"),
        replies("long long more;", " + 2", "EXPORT NOINLINE void *Other() { return new Reply; }\n"),
        {"Fix"},
        "block",
        {"HG103", "HG201"}},
       "HG201",
       {"struct Reply grows from 24 to 32 bytes"}},
      {{"NoLiveObject", scratch("", "1"), scratch("int more;", "2"), {"Fix"}, "approve", {"HG207"}},
       "HG207",
       {"no object of it that outlives a call"}},
      // Fix gets its object from another module, which knows nothing of the new member.
      {{"ObjectOfAnotherModule",
        "struct Scratch { int a; int z; };\nEXPORT NOINLINE int Fix(Scratch *s) { return s->z + 1; }\n",
        "struct Scratch { int a; int more; int z; };\nEXPORT NOINLINE int Fix(Scratch *s) { return s->z + 2; }\n",
        {"Fix"},
        "block",
        {"HG201"}},
       "HG201",
       {"patched (1): Fix"}},
      {{"SlotInTheMiddle",
        servers("", "1"),
        servers("virtual int Renew() { return 7; }", "2"),
        {"Fix", "?Run@Server@@UEAAHH@Z"},
        "block",
        {"HG103", "HG208"}},
       "HG208",
       {"Renew is new at 0x8", "Stop 0x8 -> 0x10"}},
      {{"NewEnumerator", states("Free, Bound", "1"), states("Free, Bound, Offered", "2"), {"Fix"}, "review", {"HG209"}},
       "HG209",
       {"Offered = 2 is new"}},
      {{"EnumeratorReused",
        states("Free, Bound, Gone", "1"),
        states("Free, Bound, Offered = 2, Gone", "2"),
        {"Fix"},
        "review",
        {"HG209"}},
       "HG209",
       {"a value that was Gone's"}},
      {{"BasesChange", bases(""), bases(", Service"), {}, "block", {"HG201", "HG210", "HG405"}, rtti, rtti},
       "HG210",
       {".?AULog@@ at 0x0, .?AUService@@ at 0x8"}},
      {{"TypedefMeansAnother", times("int", "1"), times("long long", "2"), {"Fix"}, "review", {"HG211"}},
       "HG211",
       {"stands for __int64, and stood for int"}},
  };
}

class LayoutRules : public testing::TestWithParam<LayoutCase> {};

TEST_P(LayoutRules, FindsThisOnceAndNothingElse) {
  const auto &[kb, rule, says] = GetParam();
  const nlohmann::json verdict = check(makeKb(kb));
  EXPECT_EQ(verdict["verdict"], kb.verdict);
  EXPECT_EQ(rulesOf(verdict), kb.rules) << verdict["findings"].dump(2);
  std::vector<std::string> messages;
  for (const auto &finding : verdict["findings"])
    if (finding["rule"] == rule)
      messages.push_back(finding["message"]);
  ASSERT_EQ(messages.size(), 1U);
  for (const std::string &text : says)
    EXPECT_THAT(messages.front(), testing::HasSubstr(text));
}

INSTANTIATE_TEST_SUITE_P(Cases, LayoutRules, testing::ValuesIn(cases()),
                         [](const auto &info) { return std::string(info.param.kb.name); });

} // namespace
} // namespace hotgate::cli
