// Strictness of rule files: what is wrong with one is said with file, line, reason and what to do.
#include "tests/rules/facts_fixture.h"

#include "rules/engine/sql_outline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace hotgate::rules::testing {
namespace {

using ::testing::HasSubstr;

const std::string goodHead =
    "-- id: HG101\n-- title: A title\n-- severity: block\n-- confidence: high\n-- needs: none\n"
    "-- mechanism: It is unsafe\n--   for a reason.\n-- action: Do this.\n";
const std::string goodSelect = "SELECT kb AS subject, kb AS message, '{}' AS evidence FROM kb;\n";

class CatalogueTest : public ::testing::Test {
protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("catalogue_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string &name, const std::string &text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  // The message of the refusal; "" when the catalogue loads.
  [[nodiscard]] std::string refusal() const {
    const auto rules = loadCatalogue(folder_);
    return rules ? std::string() : rules.error().message();
  }
  [[nodiscard]] std::string refusalOf(const std::string &text) const {
    write("HG101-some-rule.sql", text);
    return refusal();
  }
  static std::string without(std::string text, const std::string &what, const std::string &with = "") {
    return text.replace(text.find(what), what.size(), with);
  }

  std::filesystem::path folder_;
};

TEST_F(CatalogueTest, ReadsEveryField) {
  write("HG101-some-rule.sql", without(goodHead, "needs: none", "needs: private, lab") + goodSelect);
  write("HG999-gap.sql", without(without(goodHead, "HG101", "HG999"), "block", "incomplete") +
                             "WITH k AS (SELECT kb FROM kb)\n" + without(goodSelect, ";\n", " -- no semicolon"));
  const auto rules = loadCatalogue(folder_);
  ASSERT_TRUE(rules) << rules.error().message();
  ASSERT_EQ(rules->size(), 2U);
  const Rule &rule = rules->front();
  EXPECT_EQ(rule.id, "HG101");
  EXPECT_EQ(rule.name, "some-rule");
  EXPECT_EQ(rule.title, "A title");
  EXPECT_EQ(rule.mechanism, "It is unsafe for a reason.");
  EXPECT_EQ(rule.action, "Do this.");
  EXPECT_THAT(rule.needs, ::testing::ElementsAre(Evidence::privateSymbols, Evidence::lab));
  EXPECT_EQ(rules->back().severity, Severity::incomplete);
}

TEST_F(CatalogueTest, IdIsTheFileName) {
  const std::string message = refusalOf(without(goodHead, "HG101", "HG102") + goodSelect);
  EXPECT_THAT(message, HasSubstr("HG101-some-rule.sql: line 1: the id is \"HG102\""));
  EXPECT_THAT(message, HasSubstr("Next: "));
}

TEST_F(CatalogueTest, FileNameHasTheForm) {
  for (const std::string name :
       {"HG1-x.sql", "hg101-x.sql", "HG101.sql", "HG101-.sql", "HG101-Upper.sql", "HG10a-x.sql"}) {
    write(name, goodHead + goodSelect);
    EXPECT_THAT(refusal(), HasSubstr(name + ": the file name is not of the form")) << name;
    std::filesystem::remove(folder_ / name);
  }
}

TEST_F(CatalogueTest, NoFieldIsMissing) {
  for (const std::string line :
       {"-- id: HG101\n", "-- title: A title\n", "-- severity: block\n", "-- confidence: high\n", "-- needs: none\n",
        "-- mechanism: It is unsafe\n--   for a reason.\n", "-- action: Do this.\n"}) {
    const std::string message = refusalOf(without(goodHead, line) + goodSelect);
    const std::string field = line.substr(3, line.find(':') - 3);
    EXPECT_THAT(message, HasSubstr("HG101-some-rule.sql: line ")) << line;
    EXPECT_THAT(message, HasSubstr(field)) << message;
  }
}

TEST_F(CatalogueTest, FieldsAreKnownAndFilled) {
  EXPECT_THAT(refusalOf(without(goodHead, "-- title: A title", "-- titel: A title") + goodSelect),
              HasSubstr("line 2: the head has the field \"titel\" where title is due"));
  EXPECT_THAT(refusalOf(without(goodHead, "A title", " ") + goodSelect),
              HasSubstr("line 2: the field \"title\" is empty"));
  EXPECT_THAT(refusalOf(without(goodHead, "-- title: A title", "-- title A title") + goodSelect),
              HasSubstr("line 2: a head line"));
  EXPECT_THAT(refusalOf(goodHead + "-- owner: me\n" + goodSelect),
              HasSubstr("line 9: the head has the field \"owner\""));
}

TEST_F(CatalogueTest, WordsAreOfTheList) {
  EXPECT_THAT(refusalOf(without(goodHead, "block", "fatal") + goodSelect),
              HasSubstr("line 3: severity is \"fatal\". Next: write one of: block"));
  EXPECT_THAT(refusalOf(without(goodHead, "high", "0.9") + goodSelect), HasSubstr("line 4: confidence is \"0.9\""));
  EXPECT_THAT(refusalOf(without(goodHead, "needs: none", "needs: lab, dreams") + goodSelect),
              HasSubstr("line 5: needs has \"dreams\""));
  EXPECT_THAT(refusalOf(without(goodHead, "needs: none", "needs: lab, lab") + goodSelect),
              HasSubstr("line 5: needs has \"lab\""));
}

TEST_F(CatalogueTest, IncompleteIsForTheToolsOwnIntegrity) {
  EXPECT_THAT(refusalOf(without(goodHead, "block", "incomplete") + goodSelect),
              HasSubstr("line 3: severity incomplete is for HG9xx rules only"));
}

TEST_F(CatalogueTest, IdsAreUnique) {
  write("HG101-one.sql", goodHead + goodSelect);
  write("HG101-two.sql", goodHead + goodSelect);
  EXPECT_THAT(refusal(), HasSubstr("HG101-two.sql: line 1: the id HG101 is taken by one"));
}

TEST_F(CatalogueTest, OneStatement) {
  EXPECT_THAT(refusalOf(goodHead + goodSelect + "\n-- behind\nDELETE FROM kb;"),
              HasSubstr("HG101-some-rule.sql: line 12: a second statement follows the SELECT"));
  EXPECT_EQ(refusalOf(goodHead + goodSelect + "\n-- a comment; with a semicolon\n/* and; another */\n"), "");
  EXPECT_EQ(refusalOf(goodHead + "SELECT 'a;b' AS subject, \"kb\" AS message, '{}' AS evidence FROM [kb]"), "");
}

TEST_F(CatalogueTest, OnlyASelect) {
  for (const std::string sql :
       {"DELETE FROM kb", "PRAGMA user_version", "ATTACH 'x' AS y", "VALUES (1, 2, 3)", "EXPLAIN SELECT 1",
        "WITH x AS (SELECT kb AS subject FROM kb) DELETE FROM kb RETURNING kb AS subject",
        "WITH x(a) AS (SELECT 1) INSERT INTO input SELECT 'a', 'b' FROM x"})
    EXPECT_THAT(refusalOf(goodHead + sql), HasSubstr("not SELECT")) << sql;
  EXPECT_THAT(refusalOf(goodHead), HasSubstr("line 9: there is no SELECT"));
}

TEST_F(CatalogueTest, ColumnsAndTablesFit) {
  EXPECT_THAT(
      refusalOf(goodHead + "SELECT kb AS subject, kb AS message FROM kb"),
      HasSubstr(
          "line 9: the SELECT gives the columns (subject, message). Next: give exactly (subject, message, evidence)"));
  EXPECT_THAT(refusalOf(goodHead + "SELECT kb AS subject, kb AS evidence, kb AS message FROM kb"),
              HasSubstr("the SELECT gives the columns"));
  EXPECT_THAT(refusalOf(goodHead + "SELECT 1 AS subject, 2 AS message, 3 AS evidence FROM missing_table"),
              HasSubstr("no such table: missing_table"));
}

TEST_F(CatalogueTest, HostileFilesAreRefused) {
  EXPECT_THAT(refusalOf(""), HasSubstr("is empty"));
  EXPECT_THAT(refusalOf(goodHead + goodSelect + std::string(70'000, ' ')), HasSubstr("is larger than"));
  EXPECT_THAT(refusalOf(goodHead + std::string(1, '\0') + goodSelect), HasSubstr("zero byte"));
  EXPECT_THAT(refusalOf(goodHead + "SELECT 'open"), HasSubstr("line 9"));
}

TEST_F(CatalogueTest, EmptyOrMissingFolderIsAnError) {
  EXPECT_THAT(refusal(), HasSubstr("has no rules"));
  std::filesystem::remove_all(folder_);
  EXPECT_THAT(refusal(), HasSubstr("cannot be read: No such file"));
}

TEST(SqlOutline, KnowsWhatAWithClauseLeadsTo) {
  EXPECT_EQ(outlineOf("WITH a AS (SELECT 1), b AS (DELETE FROM x) SELECT 1").verb, "SELECT");
  EXPECT_EQ(outlineOf("with recursive a(x) as (values (1)) update x set y = 1").verb, "UPDATE");
  EXPECT_EQ(outlineOf("SELECT replace(a, 'DELETE', \"INSERT\") FROM x").verb, "SELECT");
  EXPECT_EQ(outlineOf("/* SELECT */ -- SELECT\n pragma x").verb, "PRAGMA");
  EXPECT_EQ(outlineOf("").verb, "");
}

} // namespace
} // namespace hotgate::rules::testing
