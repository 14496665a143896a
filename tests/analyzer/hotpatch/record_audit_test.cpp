// What no loader refuses and is odd all the same: each kind made once, and a sound image that has none.
#include "tests/analyzer/hotpatch/made_hotpatch.h"

#include <functional>

namespace hotgate::analyzer::test {
namespace {

using hotpatch::ChunkType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MadeHotpatch made() {
  static const MadeHotpatch build;
  return build;
}

std::set<std::string> kinds(const MadeHotpatch &hotpatch) {
  std::set<std::string> found;
  for (const HotpatchOddity &oddity : hotpatch.audit().oddities)
    found.emplace(oddityName(oddity.kind));
  return found;
}

TEST(RecordAudit, ASoundImageHasNothingOdd) {
  for (const char *machine : {"x64", "arm64", "x86"}) {
    const HotpatchAudit audit = MadeHotpatch(machine).audit();
    for (const HotpatchOddity &oddity : audit.oddities)
      ADD_FAILURE() << machine << ": " << oddity.text;
  }
}

struct Oddness {
  std::string kind;
  std::function<void(MadeHotpatch &)> make;
  std::string text;
};

// The load configuration of x64: the guard's table of one function, in Space.
void guard(MadeHotpatch &hotpatch, const std::string &function) {
  const Image image = hotpatch.openHotpatch();
  const uint32_t configuration = image.loadConfiguration()->rva;
  const uint32_t space = hotpatch.hotpatchRva("Space");
  const auto put = [&](uint32_t rva, uint32_t value) { MadeHotpatch::putAt(hotpatch.hotpatch, image, rva, value); };
  const uint64_t address = image.imageBase() + space;
  put(configuration + 0x80, static_cast<uint32_t>(address));
  put(configuration + 0x84, static_cast<uint32_t>(address >> 32U));
  put(configuration + 0x88, 1);
  put(space, hotpatch.hotpatchRva(function));
}

// Dynamic relocations of version 1 with one entry: the base's Fix has another version, Other.
void overrideFix(MadeHotpatch &hotpatch) {
  const Image image = hotpatch.openBase();
  const uint32_t configuration = image.loadConfiguration()->rva;
  const uint32_t space = hotpatch.baseRva("Space");
  const auto sections = image.sections();
  const auto section = std::ranges::find_if(sections, [&](const Section &s) { return s.contains(space); });
  const uint32_t words[] = {
      1, 12 + 4 + 20, 7, 0, 4 + 20, 20, hotpatch.baseRva("Fix"), 0, 4, 0, hotpatch.baseRva("Other")};
  for (size_t i = 0; i < std::size(words); ++i)
    MadeHotpatch::putAt(hotpatch.base, image, space + 4 * static_cast<uint32_t>(i), words[i]);
  MadeHotpatch::putAt(hotpatch.base, image, configuration + 0xE0, space - section->rva);
  MadeHotpatch::putAt(hotpatch.base, image, configuration + 0xE4,
                      static_cast<uint32_t>(section - sections.begin()) + 1);
}

// The two INDIRECT records become records of another kind, of one function or of two slots.
void retype(MadeHotpatch &hotpatch, ChunkType type, uint32_t written, uint32_t target) {
  const uint32_t record = hotpatch.record(ChunkType::indirect);
  hotpatch.put(record - 4, hotpatch::chunkInverse | static_cast<uint32_t>(type) | 2);
  for (const uint32_t second : {0U, 1U}) {
    hotpatch.put(record + 8 * second, type == ChunkType::rel32 ? written + 4 * second : written);
    hotpatch.put(record + 8 * second + 4, target);
  }
}

std::vector<Oddness> oddnesses() {
  return {
      {"padding-not-filler",
       [](MadeHotpatch &h) { h.base[h.openBase().fileOffset(h.baseRva("Fix") - 3).value()] = 0x55; },
       "the 6 bytes in front of Fix"},
      {"begins-with-jump", [](MadeHotpatch &h) { h.base[h.openBase().fileOffset(h.baseRva("Fix")).value()] = '\xE9'; },
       "begins with a jump: a tail call"},
      {"slot-no-pointer", [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute), h.hotpatchRva("g_table")); },
       "g_table (hotpatch RVA"},
      {"slot-executable", [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute), h.hotpatchRva("Fix")); },
       "which is executable"},
      {"slot-twice",
       [](MadeHotpatch &h) {
         h.put(h.record(ChunkType::absolute, 1), h.get(h.record(ChunkType::absolute)));
         h.put(h.record(ChunkType::absolute, 1) + 4, h.get(h.record(ChunkType::absolute) + 4));
       },
       "writes to __ref_g_"},
      {"other-variable", [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute) + 4, h.baseRva("g_table")); },
       "is made to lead to the base's g_table"},
      {"inside-variable",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute) + 4, h.get(h.record(ChunkType::absolute) + 4) + 1); },
       "1 bytes into g_"},
      {"other-import",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::indirect) + 4, h.get(h.record(ChunkType::indirect, 1) + 4)); },
       "gets what the base has for first.dll!"},
      {"call-target-missing", [](MadeHotpatch &h) { guard(h, "Fix"); }, "the new Fix (hotpatch RVA"},
      {"call-target-no-code", [](MadeHotpatch &h) { retype(h, ChunkType::callTarget, h.hotpatchRva("g_count"), 0); },
       "becomes a target of guarded calls and is no code"},
      {"unbound-reference",
       [](MadeHotpatch &h) {
         retype(h, ChunkType::callTarget, h.hotpatchRva("Fix"), 0); // no imports
         h.put(h.record(ChunkType::absolute) - 4, 0x80044002);      // call targets instead of slots
         h.put(h.record(ChunkType::absolute), h.hotpatchRva("Fix"));
         h.put(h.record(ChunkType::absolute, 1), h.hotpatchRva("Fix"));
       },
       "__ref_g_count (hotpatch RVA"},
      {"unknown-effect", [](MadeHotpatch &h) { retype(h, ChunkType::rel32, h.hotpatchRva("g_table"), 0x1000); },
       "no loader is known"},
      {"function-override", overrideFix, ") has several versions, of which"},
      {"min-sequence", [](MadeHotpatch &h) { h.put(0x1C, 9); }, "MinSequenceNumber 9 is higher"},
  };
}

class OneOddity : public testing::TestWithParam<size_t> {};

TEST_P(OneOddity, IsFoundAndNothingElse) {
  const Oddness oddness = oddnesses()[GetParam()];
  MadeHotpatch hotpatch = made();
  oddness.make(hotpatch);
  std::set<std::string> expected{oddness.kind};
  if (oddness.kind == "slot-no-pointer" || oddness.kind == "slot-executable" || oddness.kind == "slot-twice")
    expected.insert("unbound-reference"); // the slot that it should have written
  if (oddness.kind == "slot-no-pointer" || oddness.kind == "slot-executable")
    expected.insert("slot-no-pointer"); // code holds no pointer either
  EXPECT_EQ(kinds(hotpatch), expected);
  std::string texts;
  for (const HotpatchOddity &oddity : hotpatch.audit().oddities)
    texts += oddity.text + '\n';
  EXPECT_THAT(texts, HasSubstr(oddness.text));
}

INSTANTIATE_TEST_SUITE_P(Kinds, OneOddity, testing::Range(size_t{0}, oddnesses().size()), [](const auto &info) {
  std::string name = oddnesses()[info.param].kind;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(RecordAudit, ACallTargetRecordLetsTheGuardAllowTheFunction) {
  MadeHotpatch hotpatch = made();
  guard(hotpatch, "Fix");
  retype(hotpatch, ChunkType::callTarget, hotpatch.hotpatchRva("Fix"), 0);
  EXPECT_THAT(kinds(hotpatch), IsEmpty());
  // A NO_CALL_TARGET in the chunk of slots contradicts it.
  hotpatch.put(hotpatch.record(ChunkType::absolute) - 4, 0x80064002);
  hotpatch.put(hotpatch.record(ChunkType::absolute), hotpatch.hotpatchRva("Fix"));
  hotpatch.put(hotpatch.record(ChunkType::absolute, 1), hotpatch.hotpatchRva("Fix"));
  EXPECT_THAT(kinds(hotpatch), ElementsAre("call-target-contradicted", "unbound-reference"));
}

// The bytes that a redirect writes may belong to the next function: ARM64 replaces two instructions, and this has one.
TEST(RecordAudit, AFunctionThatIsShorterThanTheRedirectSharesItsBytes) {
  MadeHotpatch hotpatch("arm64");
  hotpatch.put(hotpatch.record(ChunkType::function), hotpatch.baseRva("Fix") - 4);
  EXPECT_TRUE(kinds(hotpatch).contains("shares-bytes"));
}

TEST(RecordAudit, AVariableThatGrowsHasAnotherSizeInTheBase) {
  const std::string grown = "struct Grown { int a[3]; }; extern \"C\" { Grown g_table_of_three; extern Grown *const "
                            "__ref_g_table; Grown *const __ref_g_table = &g_table_of_three; }\n"
                            "EXPORT NOINLINE int Uses() { return (**(Grown *const volatile *)&__ref_g_table).a[2]; }\n";
  const MadeHotpatch hotpatch(MadeHotpatch::Options{.postSource = grown});
  EXPECT_THAT(kinds(hotpatch), ElementsAre("other-size"));
}

TEST(RecordAudit, WithoutSymbolsNamesAreNoOddity) {
  const MadeHotpatch hotpatch = made();
  const Image base = hotpatch.openBase();
  const Image patch = hotpatch.openHotpatch();
  const Symbols none;
  const PlaceNames baseNames(base, none);
  const PlaceNames patchNames(patch, none);
  EXPECT_THAT(auditHotpatch({base, baseNames}, {patch, patchNames}, readHotpatch(patch)).oddities, IsEmpty());
}

TEST(RecordAudit, RecordsForAnotherBaseAreNotJudged) {
  MadeHotpatch hotpatch = made();
  hotpatch.put(0x28 + 0x08, 1);
  const HotpatchAudit audit = hotpatch.audit();
  EXPECT_THAT(audit.records, IsEmpty());
  EXPECT_THAT(audit.oddities, IsEmpty());
  EXPECT_EQ(audit.loader.refusals.at(0).status, hotpatch::status::revisionMismatch);
}

TEST(PlaceNames, AHostileNameIsCut) {
  const MadeHotpatch hotpatch = made();
  const Image image = hotpatch.openBase();
  Symbols symbols;
  symbols.data.push_back({hotpatch.baseRva("g_count"), 4, std::string(60000, 'A'), "int"});
  const PlaceNames names(image, symbols);
  EXPECT_EQ(names.describe(hotpatch.baseRva("g_count")).size(), 515U);
  EXPECT_THAT(names.describe(hotpatch.baseRva("g_count") + 3), testing::EndsWith("...+0x3"));
}

TEST(PlainName, LeavesOutWhatTheCompilerAdds) {
  EXPECT_EQ(plainName("?g_leases@dhcp@@3HA", Machine::x64), "dhcp::g_leases");
  EXPECT_EQ(plainName("?Fix@@YAHH@Z", Machine::x64), "Fix");
  EXPECT_EQ(plainName("_g_count", Machine::x86), "g_count");
  EXPECT_EQ(plainName("_g_count", Machine::x64), "_g_count");
  EXPECT_EQ(plainName("?", Machine::x64), "?");
}

} // namespace
} // namespace hotgate::analyzer::test
