// The prediction and reality: a dozen hotpatch images, each wrong in one way, given to the agent that applies them
// under wine the loader's own way. It must answer with the status that the analyzer predicts, and leave every byte as
// it was.
//
// One target process and one agent serve all cases: only the last one, which is sound, changes anything.
#include "tests/harness/agent/patched_process.h"

#include "analyzer/hotpatch/hotpatch_audit.h"

#include <cstring>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <iterator>

namespace hotgate::harness::agent_test {
namespace {

using hotpatch::ChunkType;
using nlohmann::json;

// The fix of the agent's tests with its metadata changed.
class Mutant {
public:
  Mutant() {
    std::ifstream file(hotpatch("fix"), std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    const auto image = analyzer::Image::open(hotpatch("fix"));
    const auto table = analyzer::readHotpatch(*image).table;
    blob_ = image->fileOffset(table->rva).value();
    records_ = table->records;
  }
  void put(uint32_t offset, uint32_t value) { std::memcpy(&bytes_.at(blob_ + offset), &value, sizeof value); }
  [[nodiscard]] uint32_t get(uint32_t offset) const {
    uint32_t value = 0;
    std::memcpy(&value, &bytes_.at(blob_ + offset), sizeof value);
    return value;
  }
  [[nodiscard]] uint32_t record(ChunkType type, size_t index = 0) const {
    for (const auto &record : records_)
      if (record.type == type && index-- == 0)
        return record.offset;
    ADD_FAILURE() << "no such record";
    return 0;
  }
  [[nodiscard]] std::filesystem::path write(const std::string &name) const {
    const auto path = hotpatch("predicted-" + name);
    std::ofstream(path, std::ios::binary).write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    return path;
  }

private:
  std::vector<char> bytes_;
  size_t blob_ = 0;
  std::vector<analyzer::HotpatchRecord> records_;
};

constexpr uint32_t baseAt = 0x28, tableAt = 0x48; // of version 4

class PredictedRefusals : public PatchedProcess {
protected:
  [[nodiscard]] analyzer::LoaderPrediction predict(const std::filesystem::path &patch) const {
    const auto base = analyzer::Image::open(imagesFolder() / "agent-base/target.exe");
    const auto image = analyzer::Image::open(patch);
    return predictLoader(*base, *image, analyzer::readHotpatch(*image));
  }
  json applyWith(AgentServer &server, const std::filesystem::path &patch) const {
    return server.ask({{"command", "apply"}, {"pid", pid()}, {"module", "target.exe"}, {"image", windowsPath(patch)}});
  }
  // The agent's answer must be the predicted one.
  void expectAsPredicted(AgentServer &server, const std::string &name, const std::filesystem::path &patch) {
    const auto prediction = predict(patch);
    const json reply = applyWith(server, patch);
    EXPECT_EQ(reply.value("ok", false), prediction.refusals.empty()) << name << ": " << reply;
    if (prediction.refusals.empty())
      return;
    const auto status = prediction.refusals.front().status;
    EXPECT_EQ(reply.value("status", ""), status ? fmt::format("0x{:08X}", *status) : "")
        << name << ": predicted " << prediction.refusals.front().reason << "; got " << reply;
  }
};

TEST_F(PredictedRefusals, AreTheAgentsAnswers) {
  start();
  const std::string before = patchedBytes();
  const std::vector<std::pair<std::string, std::function<void(Mutant &)>>> cases{
      {"version", [](Mutant &m) { m.put(0x00, 5); }},
      {"size", [](Mutant &m) { m.put(0x04, 0xFFFFFFF0); }},
      {"sequence0", [](Mutant &m) { m.put(0x08, 0); }},
      {"list", [](Mutant &m) { m.put(0x0C, 0); }},
      {"two-bases", [](Mutant &m) { m.put(0x10, 2); }},
      {"extra", [](Mutant &m) { m.put(0x18, 0x40000000); }},
      {"machine", [](Mutant &m) { m.put(baseAt + 4, hotpatch::baseFlagMachineArm64); }},
      {"checksum", [](Mutant &m) { m.put(baseAt + 0x0C, 1); }},
      {"timestamp", [](Mutant &m) { m.put(baseAt + 0x08, 1); }},
      {"hashes", [](Mutant &m) { m.put(baseAt + 0x10, 0xFFFFFFF0); }},
      {"table-in-info", [](Mutant &m) { m.put(baseAt + 0x18, 8); }},
      {"reserved", [](Mutant &m) { m.put(tableAt, m.get(tableAt) | 0x1000); }},
      {"obligatory", [](Mutant &m) { m.put(tableAt, m.get(tableAt) | hotpatch::chunkObligatory); }},
      {"forward-slot", [](Mutant &m) { m.put(tableAt, 0x0002C001); }},
      {"extent-outside", [](Mutant &m) { m.put(tableAt + 4, 0x10); }},
      {"extent-in-data", [this](Mutant &m) { m.put(tableAt + 4, rvaOf("g_counter")); }},
      {"target-outside", [](Mutant &m) { m.put(tableAt + 8, 0x00FFFFFF); }},
      {"expected-bytes", [](Mutant &m) { m.put(tableAt + 12, ~m.get(tableAt + 12)); }},
      {"twice", [](Mutant &m) { m.put(tableAt + 20, m.get(tableAt + 4)); }},
      {"slot-outside", [](Mutant &m) { m.put(m.record(ChunkType::absolute), 0x00FFFFF0); }},
      {"variable-outside", [](Mutant &m) { m.put(m.record(ChunkType::absolute) + 4, 0x00FFFFF0); }},
      {"call-target-outside",
       [](Mutant &m) {
         m.put(m.record(ChunkType::indirect) - 4, m.get(m.record(ChunkType::indirect) - 4) ^ 0x5C000 ^ 0x44000);
         m.put(m.record(ChunkType::indirect), 0x00FFFFF0);
       }},
  };
  AgentServer server;
  for (const auto &[name, change] : cases) {
    Mutant mutant;
    change(mutant);
    const auto patch = mutant.write(name);
    EXPECT_FALSE(predict(patch).refusals.empty()) << name << " is no refusal";
    expectAsPredicted(server, name, patch);
  }
  // No loader is known to look at the padding: the agent does, and answers without a status. The audit says it.
  const auto unpaddedPatch = hotpatch("unpadded");
  EXPECT_TRUE(predict(unpaddedPatch).refusals.empty());
  EXPECT_THAT(applyWith(server, unpaddedPatch).value("error", ""), testing::HasSubstr("not filler"));

  EXPECT_EQ(patchedBytes(), before);
  expectAsPredicted(server, "sound", hotpatch("fix"));
}

// What applying really leaves in memory is what the prediction says: every place of the base and of the patch image.
TEST_F(PredictedRefusals, AndPredictedBytesAreWhatStandsInMemory) {
  start();
  AgentServer server;
  const json applied = applyWith(server, hotpatch("fix"));
  ASSERT_TRUE(applied.value("ok", false)) << applied;
  const auto base = analyzer::Image::open(imagesFolder() / "agent-base/target.exe");
  const auto patch = analyzer::Image::open(hotpatch("fix"));
  const auto table = analyzer::readHotpatch(*patch).table;
  const auto read = [&](const char *command, uint32_t rva, uint32_t size) {
    return server.ask({{"command", command}, {"pid", pid()}, {"module", "target.exe"}, {"rva", rva}, {"size", size}})
        .value("bytes", "");
  };
  const auto littleEndian = [](uint64_t value) {
    std::string hex;
    for (int byte = 0; byte < 8; ++byte, value >>= 8U)
      hex += fmt::format("{:02x}", value & 0xFFU);
    return hex;
  };
  std::map<analyzer::WrittenValue, int> seen;
  for (size_t i = 0; i < table->records.size(); ++i) {
    const auto write = predictWrite(table->records[i].inverse ? *patch : *base, *table, i);
    if (!write)
      continue;
    ++seen[write->value];
    const std::string found = read(write->inHotpatch ? "read-patch" : "read", write->rva, write->size);
    ASSERT_EQ(found.size(), write->after.size()) << i;
    for (size_t at = 0; at < found.size(); ++at)
      if (write->after[at] != '?')
        EXPECT_EQ(found[at], write->after[at]) << "record " << i << ": " << found << " is not " << write->after;
    if (write->value == analyzer::WrittenValue::pointer)
      EXPECT_EQ(found, littleEndian(applied["module_base"].get<uint64_t>() + write->targetRva));
    if (write->value == analyzer::WrittenValue::copied)
      EXPECT_EQ(found, read("read", write->targetRva, write->size));
  }
  EXPECT_EQ(seen[analyzer::WrittenValue::redirect], 8);
  EXPECT_GE(seen[analyzer::WrittenValue::pointer], 3);
  EXPECT_GE(seen[analyzer::WrittenValue::copied], 1);
  EXPECT_THAT(server
                  .ask({{"command", "read-patch"},
                        {"pid", pid()},
                        {"module", "target.exe"},
                        {"rva", patch->sizeOfImage()},
                        {"size", 8}})
                  .value("error", ""),
              testing::HasSubstr("end outside the patch image"));
}

} // namespace
} // namespace hotgate::harness::agent_test
