// The reports: what must be in them, that hostile names do no harm in any of them, and that they are the same every
// time.
#include "rules/report/escape.h"
#include "rules/report/report.h"
#include "tests/rules/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace hotgate::rules::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Report = Result<std::string> (*)(const Verdict &, const std::vector<Rule> &, facts::Database &);

std::string caseOf(const std::string &rule) {
  return readFile(sourceFolder() / "corpus" / "rules" / rule / "fail.sql");
}

std::string reportOf(Report report, const std::string &changes, Scope scope = Scope::withLab) {
  facts::Database facts = cleanKb(changes);
  const Verdict verdict = judged(facts, scope);
  const auto text = report(verdict, catalogue(), facts);
  EXPECT_TRUE(text) << text.error().message();
  return text.value_or("");
}

const std::string halfRedirected = "DELETE FROM hotpatch_record WHERE base_function = 105;";
const std::string newImport = "INSERT INTO import VALUES (2, 'ws2_32.dll', 'recvmsg', 0);";

// A leak, a half-redirected patch and a layout change at once, so that every section has something to show.
std::string muchTrouble() { return caseOf("HG602") + halfRedirected + caseOf("HG201") + newImport; }

// Every name and text that an image or a guest can choose.
const std::string hostileNames =
    "UPDATE function SET name = '<script>alert(1)</script>\"'' &' || char(27) || '[31m' || char(8238) WHERE name "
    "IN ('ParseOptions', 'ProcessRenew');"
    "UPDATE function SET padding = 0 WHERE function_id = 104;"
    "UPDATE listing SET pre_text = '<script>' || pre_text, post_text = CAST(x'ff3c' AS TEXT);"
    "UPDATE lab_step SET text = '<script>' || char(7), step = step;"
    "UPDATE lab_probe SET first_wrong = '<script>' || char(10);"
    "UPDATE lab_witness SET text = '<script>' || char(0x9b);"
    "UPDATE image SET path = '<script>';"
    "UPDATE input SET path = '<script>' || path;"
    "UPDATE change_reason SET reason = '<script>';"
    "INSERT INTO ledger VALUES ('<script>', '<script>', 1, 1);"
    "INSERT INTO type_pair VALUES (9, 'dhcpsrv.exe', '<script>', 'struct', 'changed', 8, 16, '<script>', '<script>', "
    "1, "
    "1, 0);"
    "INSERT INTO field_pair VALUES (9, 0, '<script>', 'retyped', 0, 0, '<script>', '<script>', '<script>', NULL, NULL, "
    "0, "
    "0);"
    "INSERT INTO type_reach VALUES (9, 'global', '<script>', NULL, 0, 0);"
    "INSERT INTO hierarchy_pair VALUES ('dhcpsrv.exe', '<script>', '<script>', '<script>');"
    "INSERT INTO global_pair VALUES (9, 'dhcpsrv.exe', '<script>', 'changed', 1, 1, 4, 8, '<script>', '<script>', 1, "
    "1);"
    "INSERT INTO not_evaluated VALUES ('<script>', '<script>' || char(27));"
    "UPDATE lab_run SET role = '<script>', provider = '<script>';";

// No control characters but the line feeds of the report itself, and nothing that turns the reading direction.
void expectPrintable(const std::string &text) {
  EXPECT_TRUE(std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_EQ(nlohmann::json::parse(nlohmann::json(text).dump()).get<std::string>(), text) << "valid UTF-8";
}

TEST(TextReport, VerdictFirstThenFindingsWithWhatToDo) {
  const std::string text = reportOf(textReport, muchTrouble());
  EXPECT_TRUE(text.starts_with("KB5099001: BLOCK\n")) << text;
  EXPECT_THAT(text, HasSubstr(fmt::format("Findings: 3 block, 1 review; all {} rules evaluated.", catalogue().size())));
  EXPECT_LT(text.find("BLOCK      HG103  dhcpsrv.exe!ProcessRenew"), text.find("REVIEW     HG402"));
  EXPECT_THAT(text, HasSubstr("What to do: Add the function to the list of hotpatched functions"));
  EXPECT_THAT(text, HasSubstr("dhcpsrv.exe: 3 functions changed, 0 added, 0 removed, 4 identical"));
  EXPECT_THAT(text, HasSubstr("lab, role dhcp (qemu, tcg): completed"));
}

TEST(TextReport, FitsEightyColumns) {
  std::istringstream lines(reportOf(textReport, muchTrouble(), Scope::statically));
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(TextReport, SaysWhatWasNotEvaluatedOnceAReason) {
  const std::string text = reportOf(textReport, "", Scope::statically);
  EXPECT_THAT(text, HasSubstr("KB5099001: APPROVE"));
  const std::string reason = "lab not run: ";
  EXPECT_NE(text.find(reason), std::string::npos);
  EXPECT_EQ(text.find(reason), text.rfind(reason));
  EXPECT_THAT(text, HasSubstr("HG601 HG602"));
}

TEST(TextReport, HostileNamesAreHarmless) { expectPrintable(reportOf(textReport, hostileNames)); }

TEST(HtmlReport, HasEverySection) {
  const std::string html = reportOf(htmlReport, muchTrouble());
  for (const std::string id : {"findings", "hotpatch", "lab", "functions", "data", "ledger", "not-evaluated", "inputs"})
    EXPECT_THAT(html, HasSubstr("<section id=\"" + id + "\">")) << id;
  EXPECT_THAT(html, HasSubstr("<h1>block</h1>"));
}

TEST(HtmlReport, ShowsTheEvidenceAtTheFinding) {
  const std::string html = reportOf(htmlReport, muchTrouble());
  const std::string finding = html.substr(html.find("<article"), html.find("</section>") - html.find("<article"));
  EXPECT_THAT(finding, HasSubstr("First difference in <code>ProcessRenew</code>"));
  EXPECT_THAT(finding, AllOf(HasSubstr("test eax, eax"), HasSubstr("cmp eax, 0x15180")));
  EXPECT_THAT(finding, HasSubstr("base: 64 bytes"));
  EXPECT_THAT(finding, HasSubstr("update: 72 bytes"));
  EXPECT_THAT(finding, HasSubstr("hostName"));
}

// The base's clean KB: two functions redirected, and one that only they call.
TEST(HtmlReport, ShowsTheThreeBuildsFunctionByFunction) {
  const auto tableOf = [](const std::string &changes) {
    const std::string html = reportOf(htmlReport, changes);
    const size_t begin = html.find("<section id=\"hotpatch\">");
    return html.substr(begin, html.find("</section>", begin) - begin);
  };
  const std::string clean = tableOf("");
  EXPECT_THAT(clean, HasSubstr("1 comes with its callers, 2 replaced."));
  EXPECT_THAT(clean, HasSubstr("<code>AppendOption</code></td><td>changed</td><td>no</td><td>identical</td><td>comes"));
  EXPECT_THAT(clean, Not(HasSubstr("class=\"bad\"")));
  EXPECT_THAT(tableOf(halfRedirected), HasSubstr("<td class=\"bad\">not redirected</td>"));
  EXPECT_THAT(tableOf("UPDATE hotpatch_pair SET status = 'changed' WHERE hotpatch = 305;"),
              HasSubstr("<code>ProcessRenew</code></td><td>changed</td><td>yes</td><td>changed</td><td "
                        "class=\"bad\">other code</td>"));
  EXPECT_THAT(tableOf("INSERT INTO hotpatch_record VALUES (3, 9, 'function', 0, 0x1900, 0x1920, 107, 307);"),
              HasSubstr("<td class=\"bad\">needless redirect</td>"));
  EXPECT_THAT(tableOf("UPDATE hotpatch_record SET hotpatch_function = 306 WHERE base_function = 105;"),
              HasSubstr("<td>to another function</td><td>identical</td><td class=\"bad\">another function</td>"));
}

TEST(HtmlReport, ShowsWhoseStateRedirectedCodeWorksOn) {
  const std::string html = reportOf(
      htmlReport,
      "INSERT INTO state_reach VALUES (305, 'ProcessRenew'), (307, 'ProcessRenew -> WriteAudit');"
      "INSERT INTO state_access VALUES (305, 0x1630, 0x5008, '__ref_g_leases', 'bound', 'absolute', 'g_leases', "
      "'read', 'mov'),"
      "(307, 0x1924, 0x6020, 'g_limit', 'own copy', '', '', 'read', 'mov'),"
      "(307, 0x1928, 0x6030, '<script>', 'own copy', '', '', 'address', 'lea'),"
      "(307, 0x1930, 0x4000, 'HeapAlloc', 'import', 'indirect', '', 'read', 'call');"
      "INSERT INTO state_datum VALUES (3, 0x6020, 4, 'g_limit', ''), (3, 0x6030, 4, '<script>', 'X stores to it');");
  const size_t begin = html.find("<section id=\"state\">");
  const std::string table = html.substr(begin, html.find("</section>", begin) - begin);
  EXPECT_THAT(table, HasSubstr("<td>bound to the base's <code>g_leases</code> (absolute record)</td>"));
  EXPECT_THAT(table, HasSubstr("dhcpsrv.exe!ProcessRenew -&gt; WriteAudit"));
  EXPECT_THAT(table, HasSubstr("<td>own copy, which nobody writes</td>"));
  EXPECT_THAT(table, HasSubstr("<td class=\"bad\">own copy: X stores to it</td>"));
  EXPECT_THAT(table, Not(HasSubstr("<script>")));
  EXPECT_THAT(table, Not(HasSubstr("HeapAlloc"))) << "an import is no state of the base";
}

TEST(HtmlReport, ShowsTheMemoryOfBothRuns) {
  const std::string html = reportOf(htmlReport, muchTrouble());
  const auto count = [&](const std::string &what) {
    size_t found = 0;
    for (size_t at = html.find(what); at != std::string::npos; at = html.find(what, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("<circle class=\"control\""), 31U);
  EXPECT_EQ(count("<circle class=\"patched\""), 31U);
  EXPECT_EQ(count("<line class=\"slope "), 2U);
  EXPECT_THAT(html, HasSubstr("patched: +2051.4 B"));
}

TEST(HtmlReport, IsOneFileWithoutNetworkOrScript) {
  const std::string html = reportOf(htmlReport, muchTrouble() + hostileNames);
  for (const std::string forbidden :
       {"<script", "<img", "<link", "<iframe", "http://", "https://", "url(", "@import", "src=", "javascript:"})
    EXPECT_THAT(html, Not(HasSubstr(forbidden))) << forbidden;
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; &amp;\\x1b[31m\\u202e"));
  expectPrintable(html);
}

TEST(HtmlReport, ElementsAreBalanced) {
  const std::string html = reportOf(htmlReport, muchTrouble() + hostileNames);
  std::vector<std::string> open;
  for (size_t at = html.find("<body"); at != std::string::npos; at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const bool closes = html[at + 1] == '/';
    const size_t nameAt = at + (closes ? 2 : 1);
    const std::string name = html.substr(nameAt, html.find_first_of(" />", nameAt) - nameAt);
    if (html[end - 1] == '/' || name == "br")
      continue;
    if (!closes) {
      open.push_back(name);
      continue;
    }
    if (name == "html")
      break;
    ASSERT_FALSE(open.empty());
    ASSERT_EQ(open.back(), name) << html.substr(at > 200 ? at - 200 : 0, 220);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(HtmlReport, SmallFactsMakeASmallReport) {
  const std::string html =
      reportOf(htmlReport, "DELETE FROM lab_step; DELETE FROM lab_probe; DELETE FROM lab_sample; DELETE FROM lab_run;"
                           "DELETE FROM listing; DELETE FROM function_pair; DELETE FROM ledger; DELETE FROM input;");
  EXPECT_THAT(html, HasSubstr("No function changed."));
  EXPECT_THAT(html, Not(HasSubstr("id=\"lab\"")));
}

TEST(SarifReport, HasWhatTheStandardAsksFor) {
  const auto log = nlohmann::json::parse(reportOf(sarifReport, muchTrouble() + hostileNames));
  EXPECT_EQ(log["version"], "2.1.0");
  const auto &run = log["runs"][0];
  const auto &driver = run["tool"]["driver"];
  EXPECT_EQ(driver["name"], "hotgate");
  EXPECT_EQ(driver["rules"].size(), catalogue().size());
  ASSERT_FALSE(run["results"].empty());
  for (const auto &result : run["results"]) {
    EXPECT_EQ(driver["rules"][result["ruleIndex"].get<size_t>()]["id"], result["ruleId"]);
    EXPECT_THAT((std::vector<std::string>{"error", "warning", "note"}),
                ::testing::Contains(result["level"].get<std::string>()));
    EXPECT_FALSE(result["message"]["text"].get<std::string>().empty());
    EXPECT_FALSE(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].get<std::string>().empty());
    EXPECT_EQ(result["partialFingerprints"]["hotgate/1"].get<std::string>().size(), 64U);
  }
  EXPECT_EQ(run["artifacts"][0]["location"]["uri"], "%3Cscript%3Ehotpatch/dhcpsrv.exe");
  EXPECT_FALSE(run["invocations"][0]["toolExecutionNotifications"].empty());
}

TEST(JunitReport, OneCaseARule) {
  const std::string xml = reportOf(junitReport, halfRedirected, Scope::statically);
  EXPECT_THAT(xml, HasSubstr(fmt::format("tests=\"{}\" failures=\"1\" errors=\"0\" skipped=\"", catalogue().size())));
  EXPECT_THAT(
      xml,
      HasSubstr("<failure type=\"block\" message=\"Changed function is not redirected\">dhcpsrv.exe!ProcessRenew: "));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"lab not run: "));
}

TEST(JunitReport, HostileNamesAreHarmless) {
  const std::string xml = reportOf(junitReport, hostileNames);
  expectPrintable(xml);
  EXPECT_THAT(xml, Not(HasSubstr("<script")));
}

TEST(Reports, AreTheSameEveryTime) {
  for (const Report report : {textReport, htmlReport, sarifReport, junitReport})
    EXPECT_EQ(reportOf(report, muchTrouble()), reportOf(report, muchTrouble()));
}

TEST(Escape, ControlCharactersAreSpelledOut) {
  EXPECT_EQ(printable("a\x1b[0m\n\x7f"), "a\\x1b[0m\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x85\xe2\x80\xa8\xef\xbf\xbe"), "\\x85\\u2028\\ufffe");
  EXPECT_EQ(printable("\xc3\xa4\xf0\x9f\x98\x80"), "\xc3\xa4\xf0\x9f\x98\x80");
  EXPECT_EQ(escapeMarkup("<a b='\"&\">"), "&lt;a b=&#39;&quot;&amp;&quot;&gt;");
}

TEST(Escape, Numbers) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

TEST(RuleDocument, IsFresh) {
  EXPECT_EQ(readFile(sourceFolder() / "docs" / "rules.md"), ruleDocument(catalogue()))
      << "docs/rules.md does not belong to rules/catalogue any more: run 'ninja rule-document'";
}

TEST(RuleDocument, NamesEveryRule) {
  const std::string document = ruleDocument(catalogue());
  const std::string list = ruleList(catalogue());
  for (const Rule &rule : catalogue()) {
    EXPECT_THAT(document, HasSubstr("<a id=\"" + rule.id + "\">")) << "the document has no family for it";
    EXPECT_THAT(list, HasSubstr(rule.id + "  "));
    EXPECT_THAT(ruleDescription(rule), AllOf(HasSubstr(rule.title), HasSubstr("What to do: "), HasSubstr(rule.sql)));
  }
}

} // namespace
} // namespace hotgate::rules::testing
