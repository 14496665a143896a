// The rules on the hotpatch image itself, and hotgate inspect --base, on real images of x64, ARM64 and x86: a sound one
// is approved and shown whole, and each lie in its metadata is a finding that names it.
#include "tests/analyzer/hotpatch/made_hotpatch.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using analyzer::Image;
using analyzer::test::MadeHotpatch;
using hotpatch::ChunkType;
using testing::ElementsAre;
using testing::HasSubstr;

// One build a machine serves all tests; each takes a copy.
MadeHotpatch made(const std::string &machine) {
  static std::map<std::string, MadeHotpatch> builds;
  const auto found = builds.find(machine);
  return found != builds.end()
             ? found->second
             : builds.emplace(machine, MadeHotpatch({.machine = machine, .extraPatchSize = 1})).first->second;
}

void write(const fs::path &path, const std::vector<char> &bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A KB folder with the images as they are now.
fs::path makeKb(const MadeHotpatch &hotpatch) {
  std::string name = testing::TempDir() + "/hotgate-kb-XXXXXX";
  fs::path folder = ::mkdtemp(name.data());
  for (const char *side : {"pre", "post", "hotpatch"})
    fs::create_directories(folder / side);
  write(folder / "pre/code.dll", hotpatch.base);
  write(folder / "hotpatch/code.dll", hotpatch.hotpatch);
  fs::copy(hotpatch.postFile(), folder / "post/code.dll");
  fs::copy(hotpatch.baseFile().parent_path() / "code.pdb", folder / "pre/code.pdb");
  for (const char *side : {"post", "hotpatch"})
    fs::copy(hotpatch.postFile().parent_path() / "code.pdb", folder / side / "code.pdb");
  std::ofstream(folder / "KB.yaml") << "kb: KB5000001\ntrack: hotpatch\npre: pre/\npost: post/\nhotpatch: hotpatch/\n";
  return folder;
}

struct Output {
  int exitCode = 0;
  std::string text;
};

Output hotgate(const fs::path &folder, const std::string &arguments) {
  const std::string command =
      "cd '" + folder.string() + "' && " HOTGATE_PROGRAM " --quiet " + arguments + " >text 2>&1";
  Output run;
  run.exitCode = WEXITSTATUS(std::system(command.c_str()));
  std::ifstream file(folder / "text");
  run.text.assign(std::istreambuf_iterator<char>(file), {});
  return run;
}

nlohmann::json check(const MadeHotpatch &hotpatch) {
  const fs::path folder = makeKb(hotpatch);
  const Output run = hotgate(folder, "check KB.yaml --out out");
  EXPECT_LE(run.exitCode, 3) << run.text;
  std::ifstream file(folder / "out/verdict.json");
  auto verdict = nlohmann::json::parse(file, nullptr, false);
  fs::remove_all(folder);
  return verdict;
}

std::set<std::string> rulesOf(const nlohmann::json &verdict) {
  std::set<std::string> rules;
  for (const auto &finding : verdict["findings"])
    rules.insert(finding["rule"]);
  return rules;
}

std::string messagesOf(const nlohmann::json &verdict) {
  std::string text;
  for (const auto &finding : verdict["findings"])
    text += finding["message"].get<std::string>() + '\n';
  return text;
}

class EveryMachine : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Machines, EveryMachine, testing::Values("x64", "arm64", "x86"));

TEST_P(EveryMachine, ASoundHotpatchIsApproved) {
  const auto verdict = check(made(GetParam()));
  EXPECT_EQ(verdict["verdict"], "approve") << verdict.dump(2);
  EXPECT_THAT(rulesOf(verdict), testing::IsEmpty()) << messagesOf(verdict);
}

// Nothing of a table that is refused is an error of the tool: it is what the gate is there to say.
TEST_P(EveryMachine, AMalformedTableIsAFindingWithItsStatus) {
  MadeHotpatch hotpatch = made(GetParam());
  hotpatch.put(0x48, 0x4001C003);
  const auto verdict = check(hotpatch);
  EXPECT_EQ(verdict["verdict"], "block");
  EXPECT_THAT(rulesOf(verdict), ElementsAre("HG411"));
  EXPECT_THAT(messagesOf(verdict), HasSubstr("with 0xC000007B: chunk header 0x4001c003 is OBLIGATORY (hotpatch table, "
                                             "RVA 0x"));
}

TEST_P(EveryMachine, OtherBytesThanTheRecordExpectsAreAFinding) {
  MadeHotpatch hotpatch = made(GetParam());
  hotpatch.put(0x48 + 12, ~hotpatch.get(0x48 + 12));
  const auto verdict = check(hotpatch);
  EXPECT_THAT(rulesOf(verdict), ElementsAre("HG411"));
  EXPECT_THAT(messagesOf(verdict), HasSubstr("with 0xC0000018"));
}

// HG404 tells this one: the loader's status is the same fact.
TEST_P(EveryMachine, AnotherBaseIsOneFinding) {
  MadeHotpatch hotpatch = made(GetParam());
  hotpatch.put(0x28 + 8, 1);
  EXPECT_THAT(rulesOf(check(hotpatch)), ElementsAre("HG404"));
}

TEST_P(EveryMachine, InspectListsEveryRecordWithItsNamesAndItsWrite) {
  const MadeHotpatch hotpatch = made(GetParam());
  const fs::path folder = makeKb(hotpatch);
  const Output text = hotgate(folder, "inspect hotpatch/code.dll --base pre/code.dll");
  EXPECT_EQ(text.exitCode, 0) << text.text;
  EXPECT_THAT(text.text, HasSubstr("loader               applies it to code.dll"));
  for (const char *names : {"Fix -> Fix", "Other -> Other", "__ref_g_count -> g_count", "__ref_g_other -> g_other",
                            "first.dll!Known -> first.dll!Known"})
    EXPECT_THAT(text.text, HasSubstr(names));
  const Output json = hotgate(folder, "inspect hotpatch/code.dll --base pre/code.dll --format json --out inspected");
  EXPECT_EQ(json.exitCode, 0) << json.text;
  std::ifstream file(folder / "inspected");
  const auto document = nlohmann::json::parse(file, nullptr, false);
  const auto &table = document["hotpatch"];
  EXPECT_EQ(table["audit"]["applies"], true);
  EXPECT_TRUE(table["refusals"].empty());
  ASSERT_EQ(table["records"].size(), 7U); // three functions, two slots, two imports
  const auto fix = std::ranges::find_if(table["records"], [](const auto &r) { return r["written_name"] == "Fix"; });
  ASSERT_NE(fix, table["records"].end());
  EXPECT_EQ((*fix)["write"]["after"], std::string(GetParam()) == "arm64" ? "????????????????" : "cce9????????ebf9");
  fs::remove_all(folder);
}

TEST(Inspect, ShowsWhatItCouldReadOfATableThatIsRefused) {
  MadeHotpatch hotpatch = made("x64");
  hotpatch.put(hotpatch.record(ChunkType::indirect) - 4, 0xC005C002);
  const fs::path folder = makeKb(hotpatch);
  for (const char *base : {"", " --base pre/code.dll"}) {
    const Output text = hotgate(folder, std::string("inspect hotpatch/code.dll") + base);
    EXPECT_EQ(text.exitCode, 0) << text.text;
    EXPECT_THAT(text.text, HasSubstr("loader               refuses it with 0xc000007b: chunk header 0xc005c002 is"));
    EXPECT_THAT(text.text, HasSubstr("records              5, as written -> target"));
  }
  const Output json = hotgate(folder, "inspect hotpatch/code.dll --format json --out inspected");
  std::ifstream file(folder / "inspected");
  const auto document = nlohmann::json::parse(file, nullptr, false);
  EXPECT_EQ(document["hotpatch"]["whole"], false);
  EXPECT_EQ(document["hotpatch"]["refusals"][0]["status"], "0xc000007b");
  EXPECT_EQ(document["hotpatch"]["records"].size(), 5U);
  EXPECT_EQ(hotgate(folder, "inspect hotpatch/code.dll --base KB.yaml").exitCode, 5);
  fs::remove_all(folder);
}

struct Lie {
  std::string name;
  std::function<void(MadeHotpatch &)> tell;
  std::set<std::string> rules;
  std::string message;
};

// A load configuration that names one guarded function, or an overridden one: no linker here makes these tables.
void putWords(std::vector<char> &file, const Image &image, uint32_t rva, const std::vector<uint32_t> &words) {
  for (const uint32_t word : words) {
    MadeHotpatch::putAt(file, image, rva, word);
    rva += 4;
  }
}

void guardFix(MadeHotpatch &hotpatch) {
  const Image image = hotpatch.openHotpatch();
  const uint32_t space = hotpatch.hotpatchRva("Space");
  const uint64_t address = image.imageBase() + space;
  putWords(hotpatch.hotpatch, image, image.loadConfiguration()->rva + 0x80,
           {static_cast<uint32_t>(address), static_cast<uint32_t>(address >> 32U), 1, 0});
  putWords(hotpatch.hotpatch, image, space, {hotpatch.hotpatchRva("Fix")});
}

void overrideFix(MadeHotpatch &hotpatch) {
  const Image image = hotpatch.openBase();
  const uint32_t space = hotpatch.baseRva("Space");
  const auto sections = image.sections();
  const auto section = std::ranges::find_if(sections, [&](const auto &s) { return s.contains(space); });
  putWords(hotpatch.base, image, space,
           {1, 36, 7, 0, 24, 20, hotpatch.baseRva("Fix"), 0, 4, 0, hotpatch.baseRva("Other")});
  putWords(hotpatch.base, image, image.loadConfiguration()->rva + 0xE0,
           {space - section->rva, static_cast<uint32_t>(section - sections.begin()) + 1});
}

std::vector<Lie> lies() {
  return {
      {"WrongVariable",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute) + 4, h.baseRva("g_table")); },
       {"HG415"},
       "is made to lead to the base's g_table"},
      {"InsideAVariable",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute) + 4, h.get(h.record(ChunkType::absolute) + 4) + 2); },
       {"HG415"},
       "2 bytes into g_"},
      {"WrongImport",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::indirect) + 4, h.get(h.record(ChunkType::indirect, 1) + 4)); },
       {"HG416"},
       "gets what the base has for first.dll!"},
      {"TwoRecordsForOneSlot",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::indirect), h.get(h.record(ChunkType::indirect, 1))); },
       {"HG414", "HG416"},
       "writes to first.dll!"},
      {"NoPointer",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::indirect), h.hotpatchRva("g_table")); },
       {"HG414", "HG416"},
       "g_table (hotpatch RVA"},
      {"UnboundReference",
       [](MadeHotpatch &h) {
         const uint32_t slots = h.record(ChunkType::absolute);
         h.put(slots - 4, 0x80044002); // call targets instead
         h.put(slots, h.hotpatchRva("Fix"));
         h.put(slots + 4 * 3, h.hotpatchRva("Fix"));
       },
       {"HG204", "HG418"},
       "__ref_g_count (hotpatch RVA"},
      {"NoCallTarget", guardFix, {"HG417"}, "the new Fix (hotpatch RVA"},
      {"FunctionOverride", overrideFix, {"HG419"}, "has several versions"},
      {"MinSequence", [](MadeHotpatch &h) { h.put(0x1C, 9); }, {"HG412"}, "MinSequenceNumber 9 is higher"},
      {"Format2003",
       [](MadeHotpatch &h) {
         const std::array<char, 8> name{'.', 'h', 'o', 't', 'p'};
         const auto at = std::search(h.hotpatch.begin(), h.hotpatch.end(), name.begin(), name.end());
         at[5] = '1';
       },
       {"HG411"},
       "a hotpatch in the format of 2003"},
      {"RedirectedTwice",
       [](MadeHotpatch &h) { h.put(0x48 + 16, h.get(0x48 + 4)); },
       {"HG103", "HG108", "HG411"},
       "is redirected twice, first by record 0"},
  };
}

class HotpatchRules : public testing::TestWithParam<size_t> {};

TEST_P(HotpatchRules, FindThisAndNothingElse) {
  const Lie lie = lies()[GetParam()];
  MadeHotpatch hotpatch = made("x64");
  lie.tell(hotpatch);
  const auto verdict = check(hotpatch);
  EXPECT_EQ(rulesOf(verdict), lie.rules) << messagesOf(verdict);
  EXPECT_THAT(messagesOf(verdict), HasSubstr(lie.message));
}

INSTANTIATE_TEST_SUITE_P(Lies, HotpatchRules, testing::Range(size_t{0}, lies().size()),
                         [](const auto &info) { return lies()[info.param].name; });

// The linker's own mark: the hotpatch image has it, and its base was built without.
TEST(BaseNotMarked, IsAFinding) {
  MadeHotpatch hotpatch(MadeHotpatch::Options{.link = {"/cetcompat"}});
  EXPECT_THAT(rulesOf(check(hotpatch)), testing::IsEmpty());
  const Image image = hotpatch.openHotpatch();
  const auto debug = image.directory(analyzer::Directory::debug);
  for (uint32_t entry = debug.rva; entry < debug.rva + debug.size; entry += 28) {
    const size_t at = image.fileOffset(entry).value();
    uint32_t rva = 0;
    std::memcpy(&rva, &hotpatch.hotpatch[at + 20], 4);
    if (hotpatch.hotpatch[at + 12] == 20)
      MadeHotpatch::putAt(hotpatch.hotpatch, image, rva, image.extendedCharacteristics() | 0x80);
  }
  EXPECT_THAT(rulesOf(check(hotpatch)), ElementsAre("HG413"));
}

} // namespace
} // namespace hotgate::cli
