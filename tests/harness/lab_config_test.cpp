// lab.yaml and the role's file: each mistake is an error that names the line.
#include "harness/lab/lab_config.h"

#include "tests/harness/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::HasSubstr;

const std::string complete = R"(provider: qemu
memory: 640
service:
  name: HotgateDhcp
  arguments: "--server 10.77.0.1"
witness:
  kind: dhcp-relay-option
  declared_length: 120
  present: 8
soak:
  requests: 300
  clients: 4
)";

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(LabConfig, ReadsEveryKey) {
  const TemporaryFolder folder;
  const LabConfig config = readLabConfig(folder.write("lab.yaml", complete)).value();
  EXPECT_EQ(config.memoryMiB, 640);
  EXPECT_EQ(config.serviceName, "HotgateDhcp");
  EXPECT_EQ(config.serviceArguments, "--server 10.77.0.1");
  EXPECT_EQ(config.witness.relayOption.declaredLength, 120);
  EXPECT_EQ(config.witness.relayOption.present, 8);
  EXPECT_EQ(config.soak.requests, 300);
  EXPECT_EQ(config.soak.clients, 4);
}

TEST(LabConfig, TheProviderMayBeThisHostsWine) {
  const TemporaryFolder folder;
  const auto path = folder.write("lab.yaml", replaced(complete, "provider: qemu", "provider: wine-host"));
  EXPECT_EQ(readLabConfig(path).value().provider, Provider::wineHost);
}

TEST(LabConfig, OptionalKeysHaveDefaults) {
  const TemporaryFolder folder;
  std::string text = replaced(complete, "provider: qemu\nmemory: 640\n", "");
  text.erase(text.find("soak:"));
  const LabConfig config = readLabConfig(folder.write("lab.yaml", text)).value();
  EXPECT_EQ(config.memoryMiB, 512);
  EXPECT_EQ(config.soak.clients, 0) << "the role's";
}

struct Mistake {
  const char *name;
  const char *from;
  const char *to;
  const char *place;
  const char *reason;
};
class WrongLabConfig : public testing::TestWithParam<Mistake> {};

TEST_P(WrongLabConfig, IsAUsageErrorWithItsLine) {
  const TemporaryFolder folder;
  const Mistake &mistake = GetParam();
  const auto config = readLabConfig(folder.write("lab.yaml", replaced(complete, mistake.from, mistake.to)));
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::usage);
  EXPECT_THAT(config.error().entity, HasSubstr("lab.yaml"));
  EXPECT_EQ(config.error().place, mistake.place);
  EXPECT_THAT(config.error().reason, HasSubstr(mistake.reason));
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongLabConfig,
    testing::Values(Mistake{"unknownKey", "memory:", "memroy:", "line 2", "unknown key memroy"},
                    Mistake{"unknownInnerKey", "  clients: 4", "  client: 4", "line 12", "unknown key soak.client"},
                    Mistake{"missing", "  name: HotgateDhcp\n", "", "line 4", "service.name is missing"},
                    Mistake{"missingMap", "service:\n  name: HotgateDhcp\n  arguments: \"--server 10.77.0.1\"\n", "",
                            "line 1", "service is missing"},
                    Mistake{"notANumber", "640", "much", "line 2", "memory must be a whole number"},
                    Mistake{"tooSmall", "640", "64", "line 2", "from 384 to 16384"},
                    Mistake{"fraction", "300", "3.5", "line 11", "soak.requests"},
                    Mistake{"overflow", "300", "99999999999999999999", "line 11", "soak.requests"},
                    Mistake{"provider", "qemu", "xen", "line 1", "provider must be qemu"},
                    Mistake{"witnessKind", "dhcp-relay-option", "other", "line 7", "witness.kind"},
                    Mistake{"presentNotLess", "present: 8", "present: 120", "line 9", "less than declared_length"},
                    Mistake{"listInPlaceOfValue", "640", "[640]", "line 2", "single value"},
                    Mistake{"valueInPlaceOfMap", "soak:\n  requests: 300\n  clients: 4", "soak: 3", "line 10",
                            "map of keys"},
                    Mistake{"twice", "memory: 640", "provider: qemu", "line 2", "there twice"},
                    Mistake{"noYaml", "service:", "service: [", "line 5", ""}),
    [](const auto &test) { return test.param.name; });

TEST(LabConfig, AMissingFileIsAnInputError) {
  const auto config = readLabConfig("/nonexistent/lab.yaml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::input);
}

TEST(LabConfig, AnEmptyOrHugeFileIsRefused) {
  const TemporaryFolder folder;
  EXPECT_FALSE(readLabConfig(folder.write("lab.yaml", "")));
  EXPECT_FALSE(readLabConfig(folder.write("lab.yaml", complete + "#" + std::string(1 << 20, 'x'))));
}

} // namespace
} // namespace hotgate::harness
