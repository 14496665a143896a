// Types whole: what differs, which is the root cause, and what it reaches in the pre image.
#include "tests/analyzer/diff/built_program.h"

#include <algorithm>

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

// A comparison with what it says of one type.
struct Layouts : Comparison {
  Layouts(const std::string &pre, const std::string &post, const BuildOptions &options = {})
      : Comparison(buildImage(pre, options), buildImage(post, options)) {}

  [[nodiscard]] const TypeDifference *type(const std::string &name) const {
    const auto found = std::ranges::find(diff.types, name, &TypeDifference::name);
    return found == diff.types.end() ? nullptr : &*found;
  }
  [[nodiscard]] const TypeReach &reach(const std::string &name) const {
    return diff.typeReach.at(static_cast<size_t>(type(name) - diff.types.data()));
  }
  [[nodiscard]] const FieldDifference &field(const std::string &typeName, const std::string &name) const {
    return *std::ranges::find(type(typeName)->fields, name, &FieldDifference::name);
  }
  [[nodiscard]] std::set<std::string> reached(const std::string &name, ReachKind kind) const {
    std::set<std::string> names;
    for (const ReachedPlace &place : reach(name).places)
      if (place.kind == kind)
        names.insert(place.name);
    return names;
  }
  // "Use.end": functions and the members that they touch; "Use[]" for some object of an array.
  [[nodiscard]] std::set<std::string> uses(const std::string &name) const {
    std::set<std::string> result;
    for (const MemberUse &use : reach(name).uses)
      result.insert(pre.functions()[use.function].name + (use.offset ? "." + use.member : "[]"));
    return result;
  }
};

constexpr const char *runtime = R"(
void *operator new(unsigned long long size);
void operator delete(void *, unsigned long long) noexcept;
extern "C" const void *const typeInformation[2] __asm__("??_7type_info@@6B@") = {};
)";

std::string bodies(const char *members) {
  return std::string("struct Name { char text[8]; };\nstruct Lease { ") + members +
         R"( int end; Lease *next; Name name; };
struct Table { int count; Lease leases[3]; };
struct Server { Table table; int state; };
struct Request { int code; Lease *lease; Request *next; };
Server g_server;
Lease *g_first;
Request *g_requests;
EXPORT NOINLINE int ByParameter(Lease *lease) { return lease->end; }
EXPORT NOINLINE int Copied(int x, Lease *lease) { int r = 0; for (int i = 0; i < x; ++i) { r += ByParameter(lease); } return r + lease->end; }
EXPORT NOINLINE int ByPointerMember(Request *request) { return request->lease->end; }
EXPORT NOINLINE int ByGlobal() { return g_server.table.leases[1].end; }
EXPORT NOINLINE int ByGlobalPointer() { return g_first->next->end; }
EXPORT NOINLINE int ByIndex(int i) { return g_server.table.leases[i].end; }
EXPORT NOINLINE int NotTheMember(Lease *lease) { return lease->address; }
EXPORT NOINLINE int Other(Request *request) { return request->code; }
EXPORT NOINLINE int OutsideOfTable(Server *server) { return server->state; }
)";
}

TEST(TypeReach, OneRootWithAllThatItReaches) {
  const Layouts c(bodies("int address;"), bodies("int address; int kind; int more;"));
  ASSERT_NE(c.type("Lease"), nullptr);
  EXPECT_THAT(c.type("Lease")->causes, IsEmpty());
  ASSERT_NE(c.type("Table"), nullptr);
  EXPECT_THAT(c.type("Table")->causes, ElementsAre("Lease"));
  EXPECT_THAT(c.type("Server")->causes, ElementsAre("Table"));
  EXPECT_EQ(c.type("Request"), nullptr) << "it only points to one";
  EXPECT_THAT(c.reached("Lease", ReachKind::embeddedIn), UnorderedElementsAre("Table", "Server"));
  EXPECT_THAT(c.reached("Lease", ReachKind::pointedToBy), UnorderedElementsAre("Lease", "Request"));
  EXPECT_THAT(c.reached("Lease", ReachKind::global), UnorderedElementsAre("g_server"));
  EXPECT_THAT(c.reached("Lease", ReachKind::globalPointer), UnorderedElementsAre("g_first"));
}

TEST(MemberUse, FollowsPointersWhereTheyComeFrom) {
  const Layouts c(bodies("int address;"), bodies("int address; int kind; int more;"));
  const auto uses = c.uses("Lease");
  for (const char *use : {"ByParameter.end", "Copied.end", "ByPointerMember.end", "ByGlobal.end", "ByGlobalPointer.end",
                          "ByGlobalPointer.next", "ByIndex[]"})
    EXPECT_THAT(uses, Contains(use));
  EXPECT_THAT(uses, Not(Contains(testing::StartsWith("NotTheMember"))));
  EXPECT_THAT(uses, Not(Contains(testing::StartsWith("Other"))));
  EXPECT_THAT(c.uses("Server"), Contains("OutsideOfTable.state"));
  EXPECT_THAT(c.reached("Lease", ReachKind::usesGlobal),
              testing::IsSupersetOf({"ByGlobal", "ByIndex", "ByGlobalPointer"}));
}

TEST(MemberUse, FollowsThemInCodeThatWasNotOptimised) {
  const Layouts c(bodies("int address;"), bodies("int address; int kind; int more;"), {{"-O0"}});
  const auto uses = c.uses("Lease");
  for (const char *use :
       {"ByParameter.end", "Copied.end", "ByPointerMember.end", "ByGlobal.end", "ByGlobalPointer.end"})
    EXPECT_THAT(uses, Contains(use));
  EXPECT_THAT(uses, Not(Contains(testing::StartsWith("NotTheMember"))));
}

// Two ways lead to one access, with different structs in the register: nothing is known there.
TEST(MemberUse, AJoinIsForgotten) {
  const auto source = [](const char *member) {
    return std::string("struct Lease { int address; ") + member + " int end; };\nstruct Other { int code; " + member +
           " int last; };\nvolatile int g_sink;\nNOINLINE void Touch() { g_sink = 1; }\n"
           "EXPORT NOINLINE int Join(int c, Lease *a, Other *b) { char *p = (char *)a; if (c) { Touch(); p = (char "
           "*)b; }\n"
           "  Touch(); return *(volatile int *)(p + 4); }\nEXPORT NOINLINE int Use(Lease *a, Other *b) { return a->end "
           "+ b->last; }\n";
  };
  const Layouts c(source(""), source("int more;"));
  EXPECT_THAT(c.uses("Other"), UnorderedElementsAre("Use.last"));
  EXPECT_THAT(c.uses("Lease"), UnorderedElementsAre("Use.end"));
}

std::filesystem::path builtFor(const std::string &target, const std::string &machine, const std::string &source) {
  return buildWith({{"code.cpp", source}},
                   {"clang++-19 --target=" + target +
                        " -ffreestanding -fno-exceptions -fno-rtti -O2 -g -gcodeview -c code.cpp -o code.obj",
                    "lld-link-19 /dll /noentry /nodefaultlib /debug /Brepro /machine:" + machine +
                        " /pdbaltpath:code.pdb /out:code.dll code.obj"},
                   "code.dll");
}

std::string portable(const char *member) {
  return std::string("#define EXPORT extern \"C\" __declspec(dllexport) __attribute__((noinline))\nstruct Lease { int "
                     "address; ") +
         member +
         R"( int end; Lease *next; };
Lease g_lease; Lease *g_first;
EXPORT int ByParameter(Lease *lease) { return lease->end; }
EXPORT int ByGlobal() { return g_lease.end; }
EXPORT int ByGlobalPointer() { return g_first->next->end; }
EXPORT int Kept(Lease *lease) { int r = ByParameter(lease); return r + lease->end; }
EXPORT int NotTheMember(Lease *lease) { return lease->address; }
)";
}

TEST(MemberUse, OnOtherMachines) {
  for (const auto &[target, machine] :
       {std::pair("aarch64-pc-windows-msvc", "arm64"), std::pair("i686-pc-windows-msvc", "x86")}) {
    SCOPED_TRACE(machine);
    const Comparison c(builtFor(target, machine, portable("")), builtFor(target, machine, portable("int more;")));
    std::set<std::string> uses;
    ASSERT_EQ(c.diff.types.size(), 1U);
    for (const MemberUse &use : c.diff.typeReach[0].uses)
      uses.insert(c.pre.functions()[use.function].name + "." + use.member);
    EXPECT_THAT(uses, testing::IsSupersetOf({"ByParameter.end", "ByGlobal.end", "ByGlobalPointer.end",
                                             "ByGlobalPointer.next", "Kept.end"}));
    EXPECT_THAT(uses, Not(Contains(testing::StartsWith("NotTheMember"))));
  }
}

TEST(MemberUse, EveryUseIsAnAccessOfThatMember) {
  const Layouts c(bodies("int address;"), bodies("int address; int kind; int more;"));
  for (const MemberUse &use : c.reach("Lease").uses) {
    EXPECT_FALSE(use.text.empty());
    if (use.offset)
      EXPECT_TRUE(*use.offset >= 4 && *use.offset < 24) << use.text;
  }
}

std::string made(const char *members) {
  return std::string(runtime) + "struct Lease { int address; int state; " + members + R"( };
Lease *volatile g_sink;
EXPORT NOINLINE void Make() { g_sink = new Lease; }
EXPORT NOINLINE void MakeMany(int n) { g_sink = new Lease[n]; }
EXPORT NOINLINE int OnStack(int x) { Lease lease = {x, x}; g_sink = &lease; return g_sink->address; }
EXPORT NOINLINE void *SameSize() { return operator new(8); }
EXPORT NOINLINE void *OtherSize() { return operator new(24); }
NOINLINE void *operator new[](unsigned long long size) { return (void *)(size * 32); }
NOINLINE void *operator new(unsigned long long size) { return (void *)(size * 16); }
void operator delete(void *, unsigned long long) noexcept {}
)";
}

TEST(TypeReach, WhereObjectsAreMade) {
  const Layouts c(made(""), made("int more;"));
  EXPECT_THAT(c.reached("Lease", ReachKind::allocation), testing::IsSupersetOf({"Make", "MakeMany"}));
  EXPECT_THAT(c.reached("Lease", ReachKind::allocationBySize), UnorderedElementsAre("SameSize"));
  EXPECT_THAT(c.reached("Lease", ReachKind::local), UnorderedElementsAre("OnStack"));
}

std::string shaped(const char *lease, const char *rest = "") {
  return std::string(runtime) + lease + "\nLease g_lease;\n" + rest +
         "\nEXPORT NOINLINE void *Use() { return &g_lease; }\nvoid operator delete(void *, unsigned long long) "
         "noexcept {}";
}

TEST(TypeDiff, BitFieldsMoveAsBits) {
  const Layouts c(shaped("struct Lease { unsigned a : 3; unsigned b : 5; unsigned : 4; unsigned c : 2; };"),
                  shaped("struct Lease { unsigned a : 4; unsigned b : 5; unsigned : 3; unsigned c : 2; };"));
  EXPECT_EQ(c.field("Lease", "a").status, FieldStatus::retyped);
  const FieldDifference &b = c.field("Lease", "b");
  EXPECT_EQ(b.status, FieldStatus::moved);
  EXPECT_EQ(b.kind, FieldKind::bitField);
  EXPECT_EQ(b.preBit, 3);
  EXPECT_EQ(b.postBit, 4);
  EXPECT_EQ(b.preBits, 5U);
  EXPECT_EQ(c.field("Lease", "c").status, FieldStatus::same);
}

TEST(TypeDiff, VtableSlotsStaticMembersAndBases) {
  const char *pre = "struct Base { virtual int Run(int); virtual int Stop(); int x; };\n"
                    "struct Lease : Base { virtual int Log(); static int count; int y; };";
  const char *post = "struct Base { virtual int Run(int); virtual int Renew(long); virtual int Stop(); int x; };\n"
                     "struct Lease : Base { virtual int Log(); static long long count; int y; };";
  const char *rest =
      "int Base::Run(int a) { return a; } int Base::Stop() { return x; } int Lease::Log() { return y; }\n";
  const Layouts c(shaped(pre, rest),
                  shaped(post, (std::string(rest) + "int Base::Renew(long a) { return a; }").c_str()));
  EXPECT_EQ(c.field("Base", "Renew").status, FieldStatus::added);
  EXPECT_EQ(c.field("Base", "Renew").kind, FieldKind::virtualMethod);
  EXPECT_EQ(c.field("Base", "Renew").postOffset, 8U);
  EXPECT_EQ(c.field("Base", "Stop").status, FieldStatus::moved);
  EXPECT_EQ(c.field("Base", "Stop").postOffset, 16U);
  EXPECT_EQ(c.field("Lease", "count").kind, FieldKind::staticMember);
  EXPECT_EQ(c.field("Lease", "count").status, FieldStatus::retyped);
  EXPECT_EQ(c.field("Lease", "base Base").kind, FieldKind::base);
  EXPECT_THAT(c.type("Lease")->causes, IsEmpty()) << "its own static member changed too";
}

TEST(TypeDiff, ASlotThatMovesWithTheBaseIsAConsequence) {
  const auto source = [](const char *slots) {
    return shaped((std::string("struct Base { virtual int Run(); ") + slots +
                   " int x; };\nstruct Lease : Base { virtual int Log(); int y; };")
                      .c_str(),
                  "int Base::Run() { return x; } int Lease::Log() { return y; }\n");
  };
  const Layouts c(source(""), source("virtual int More() { return 7; }"));
  ASSERT_NE(c.type("Lease"), nullptr);
  EXPECT_THAT(c.type("Lease")->causes, ElementsAre("Base"));
}

TEST(TypeDiff, EnumsAndTheirSize) {
  const auto source = [](const char *type, const char *values) {
    return shaped((std::string("enum State : ") + type + " { " + values +
                   " };\nstruct Lease { State state; int x; char c; State last; };")
                      .c_str());
  };
  const Layouts values(source("int", "Free, Bound = -1"), source("int", "Free, Offered, Bound = -2"));
  EXPECT_EQ(values.type("Lease"), nullptr);
  EXPECT_EQ(static_cast<int64_t>(*values.field("State", "Bound").preOffset), -1);
  EXPECT_EQ(values.field("State", "Bound").status, FieldStatus::moved);
  EXPECT_EQ(values.field("State", "Offered").status, FieldStatus::added);
  const Layouts wider(source("char", "Free"), source("int", "Free"));
  EXPECT_EQ(wider.type("State")->preUnderlying, "char");
  EXPECT_EQ(wider.type("State")->postSize, 4U);
  ASSERT_NE(wider.type("Lease"), nullptr);
  EXPECT_THAT(wider.type("Lease")->causes, ElementsAre("State"));
}

TEST(TypeDiff, TypedefsAndTypesWithoutANameOfTheirOwn) {
  const auto source = [](const char *time, const char *inner) {
    return shaped((std::string("typedef ") + time + " Time;\ntypedef struct { int a; " + inner +
                   " int z; } Inner;\nTime g_time;\n" + "struct Lease { int x; struct { int a; " + inner +
                   " int z; } pos[2]; union { int u; struct { int v; " + inner + " }; }; struct { int p; " + inner +
                   " } *pointer; Inner named; };")
                      .c_str());
  };
  const Layouts c(source("int", ""), source("long long", "char b;"));
  ASSERT_NE(c.type("Time"), nullptr);
  EXPECT_EQ(c.type("Time")->kind, "typedef");
  EXPECT_EQ(c.type("Time")->preUnderlying, "int");
  EXPECT_EQ(c.type("Time")->postSize, 8U);
  ASSERT_NE(c.type("Inner"), nullptr);
  ASSERT_NE(c.type("Lease"), nullptr);
  EXPECT_EQ(c.field("Lease", "named").status, FieldStatus::moved);
  EXPECT_EQ(c.field("Lease", "x").status, FieldStatus::same);
}

TEST(TypeDiff, AnOuterChangeOfItsOwnIsARootBesideTheInnerOne) {
  const auto source = [](const char *inner, const char *outer) {
    return shaped(
        (std::string("struct Inner { int a; ") + inner + " };\nstruct Lease { Inner inner; int x; " + outer + " };")
            .c_str());
  };
  const Layouts both(source("", "int y; int z;"), source("int b;", "int z; int y;"));
  EXPECT_THAT(both.type("Inner")->causes, IsEmpty());
  EXPECT_THAT(both.type("Lease")->causes, IsEmpty()) << "y and z changed places";
  const Layouts inner(source("", "int y; int z;"), source("int b;", "int y; int z;"));
  EXPECT_THAT(inner.type("Lease")->causes, ElementsAre("Inner"));
}

// Two objects, each with a static struct of one name.
Comparison twoObjects(const std::string &first, const std::string &second, const std::string &firstPost,
                      const std::string &secondPost) {
  const auto build = [](const std::string &one, const std::string &other) {
    const auto object = [](const std::string &members, const char *name) {
      return "namespace { struct Context { " + members + " }; }\nContext context" + name +
             ";\nextern \"C\" __declspec(dllexport) void *Use" + name + "() { return &context" + name + "; }\n";
    };
    const auto compile = [](const char *name) {
      return std::string("clang++-19 --target=x86_64-pc-windows-msvc -O2 -g -gcodeview -c ") + name + ".cpp -o " +
             name + ".obj";
    };
    return buildWith(
        {{"a.cpp", object(one, "A") + "extern \"C\" int _DllMainCRTStartup() { return 1; }"},
         {"b.cpp", object(other, "B")}},
        {compile("a"), compile("b"),
         "lld-link-19 /dll /nodefaultlib /debug /Brepro /pdbaltpath:code.pdb /pdb:code.pdb /out:code.dll a.obj b.obj"},
        "code.dll");
  };
  return {build(first, second), build(firstPost, secondPost)};
}

TEST(TypeDiff, SeveralTypesOfOneNameAreComparedAsASet) {
  const auto context = [](const Comparison &c) -> const TypeDifference * {
    for (const TypeDifference &type : c.diff.types)
      if (type.name.ends_with("Context"))
        return &type;
    return nullptr;
  };
  const Comparison same = twoObjects("int a;", "char b[9];", "int a;", "char b[9];");
  EXPECT_EQ(context(same), nullptr);
  const Comparison swapped = twoObjects("int a;", "char b[9];", "char b[9];", "int a;");
  EXPECT_EQ(context(swapped), nullptr);
  const Comparison one = twoObjects("int a;", "char b[9];", "int a;", "char b[10];");
  ASSERT_NE(context(one), nullptr);
  EXPECT_FALSE(context(one)->isAmbiguous);
  EXPECT_EQ(context(one)->preSize, 9U);
  EXPECT_EQ(context(one)->postSize, 10U);
  const Comparison both = twoObjects("int a;", "char b[9];", "int a, c;", "char b[10];");
  ASSERT_NE(context(both), nullptr);
  EXPECT_TRUE(context(both)->isAmbiguous);
  EXPECT_EQ(context(both)->preDefinitions, 2U);
  EXPECT_THAT(context(both)->fields, IsEmpty());
}

TEST(Hierarchy, BasesAreReadFromRunTimeTypeData) {
  const auto source = [](const char *base) {
    return std::string(runtime) +
           "struct Service { virtual int Serve() { return 1; } };\nstruct Log { virtual int Write() { return 2; } "
           "};\n" +
           "struct Server : Log" + base +
           " { int Write() override { return 3; } };\nServer g_server;\nLog *volatile g_log = &g_server;\n" +
           "EXPORT NOINLINE int Use() { return g_log->Write(); }\nvoid operator delete(void *, unsigned long long) "
           "noexcept {}";
  };
  BuildOptions rtti;
  rtti.compile = {"-frtti"};
  const Layouts c(source(""), source(", Service"), rtti);
  ASSERT_EQ(c.diff.hierarchies.size(), 1U);
  EXPECT_EQ(c.diff.hierarchies[0].name, ".?AUServer@@");
  EXPECT_EQ(c.diff.hierarchies[0].preBases, ".?AULog@@ at 0x0");
  EXPECT_EQ(c.diff.hierarchies[0].postBases, ".?AULog@@ at 0x0, .?AUService@@ at 0x8");
  EXPECT_THAT(Layouts(source(""), source(""), rtti).diff.hierarchies, IsEmpty());
}

} // namespace
} // namespace hotgate::analyzer::test
