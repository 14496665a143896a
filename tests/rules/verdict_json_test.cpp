// verdict.json: written, read back and written again; and what is not one is refused with the place.
#include "rules/engine/verdict_json.h"
#include "tests/rules/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::rules::testing {
namespace {

using ::testing::HasSubstr;

const std::string trouble = "UPDATE function SET padding = 0, name = '<script>\"' || char(1) WHERE function_id = 104;"
                            "INSERT INTO not_evaluated VALUES ('a', 'b');";

TEST(VerdictJson, RoundTrip) {
  const Verdict verdict = judged(trouble, Scope::statically);
  ASSERT_FALSE(verdict.findings.empty());
  const std::string text = writeVerdict(verdict);
  const auto read = readVerdict(text, "verdict.json");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, verdict);
  EXPECT_EQ(writeVerdict(*read), text);
}

TEST(VerdictJson, HasTheFieldsOfTheContract) {
  const auto json = nlohmann::json::parse(writeVerdict(judged(trouble, Scope::statically)));
  EXPECT_EQ(json["schema"], "hotgate/verdict/1");
  EXPECT_EQ(json["verdict"], "block");
  const auto &finding = json["findings"][0];
  for (const char *key : {"rule", "severity", "confidence", "fingerprint", "subject", "message", "evidence", "waived"})
    EXPECT_TRUE(finding.contains(key)) << key;
  EXPECT_EQ(finding["waived"], false);
  EXPECT_TRUE(finding["evidence"].is_object());
  EXPECT_TRUE(json["not_evaluated"][0].contains("rule") && json["not_evaluated"][0].contains("reason"));
  EXPECT_TRUE(json["inputs"][0].contains("path") && json["inputs"][0].contains("sha256"));
}

TEST(VerdictJson, RefusesWhatIsNone) {
  const std::string good = writeVerdict(judged(trouble, Scope::statically));
  const auto refusal = [](const std::string &text) {
    const auto read = readVerdict(text, "out/verdict.json");
    return read ? std::string() : read.error().message();
  };
  const auto changed = [&](const std::string &what, const std::string &with) {
    std::string text = good;
    return text.replace(text.find(what), what.size(), with);
  };
  EXPECT_EQ(refusal(good), "");
  EXPECT_THAT(refusal(""), HasSubstr("out/verdict.json: is not an object"));
  EXPECT_THAT(refusal("[]"), HasSubstr("is not an object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("\"schema\" is missing"));
  EXPECT_THAT(refusal(changed("verdict/1", "verdict/2")), HasSubstr("\"schema\" is not hotgate/verdict/1"));
  EXPECT_THAT(refusal(changed("\"block\"", "\"maybe\"")), HasSubstr("\"verdict\" is \"maybe\""));
  EXPECT_THAT(refusal(changed("\"fingerprint\"", "\"finger\"")), HasSubstr("findings[0]: \"fingerprint\" is missing"));
  EXPECT_THAT(refusal(changed("\"reason\": ", "\"reason\": 1, \"x\": ")),
              HasSubstr("not_evaluated[0]: \"reason\" is not a text"));
  EXPECT_THAT(refusal(good.substr(0, good.size() / 2)), HasSubstr("is not an object"));
}

} // namespace
} // namespace hotgate::rules::testing
