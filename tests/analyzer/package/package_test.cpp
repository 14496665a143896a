// Whole packages, wrapped as Windows updates are: what is found in them, and what is said not to be.
#include "analyzer/package/package.h"
#include "tests/analyzer/package/made_package.h"

#include <gmock/gmock.h>

namespace hotgate::analyzer::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PackageTest : public testing::Test {
protected:
  Package read(const fs::path &path, const ExpansionBudget &budget = {}) {
    auto package = readPackage(path, path.filename().string(), newScratch(), budget);
    EXPECT_TRUE(package) << package.error().message();
    return package ? std::move(*package) : Package();
  }
  Error refused(const fs::path &path, const ExpansionBudget &budget = {}) {
    const auto package = readPackage(path, path.filename().string(), newScratch(), budget);
    EXPECT_FALSE(package);
    return package ? Error() : package.error();
  }
  fs::path file(const std::string &name, const std::string &bytes) {
    writeBytes(folder.path() / name, bytes);
    return folder.path() / name;
  }

  fs::path newScratch() { return scratch.path() / std::to_string(++reads); }

  TestFolder folder;
  TestFolder scratch;
  int reads = 0;
};

std::vector<std::string> shown(const Package &package) {
  std::vector<std::string> displays;
  for (const PackageImage &image : package.images)
    displays.push_back(image.display);
  return displays;
}

std::vector<std::string> unexpanded(const Package &package) {
  std::vector<std::string> texts;
  for (const UnexpandedFile &unread : package.unexpanded)
    texts.push_back(unread.display + ": " + unread.reason);
  return texts;
}

std::string manifest(const std::string &name, const std::string &version) {
  return "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v3\"><assemblyIdentity name=\"" + name + "\" version=\"" +
         version + "\" processorArchitecture=\"amd64\" language=\"neutral\"/></assembly>";
}

const std::string dhcp = componentFolder("microsoft-windows-d..server", "10.0.26100.2");

TEST_F(PackageTest, AnUpdateIsReadThroughAllItsWrappings) {
  const std::string cabinet =
      cabinetOf({{dhcp + "\\dhcpssvc.dll", imageBytes()},
                 {dhcp + "\\n\\dhcpssvc.dll", "\x01\x02\x03\x04PA30"},
                 {dhcp + ".manifest", manifest("Microsoft-Windows-DHCP-Server", "10.0.26100.2")},
                 {"update.mum", manifest("Package_for_KB5099001", "26100.1.1.2")},
                 {"update.cat", "catalogue"}});
  const Package package = read(file("post.msu", cabinetOf({{"Windows-KB5099001-x64.cab", cabinet},
                                                           {"WSUSSCAN.cab", cabinetOf({{"index.xml", "<a/>"}})}})));
  EXPECT_THAT(shown(package), ElementsAre("post.msu/Windows-KB5099001-x64.cab/" + dhcp + "/dhcpssvc.dll"));
  ASSERT_EQ(package.images.size(), 1U);
  const PackageImage &image = package.images.front();
  EXPECT_EQ(readBytes(image.path), imageBytes());
  EXPECT_EQ(image.place, "dhcpssvc.dll");
  EXPECT_EQ(image.machine, "x64");
  ASSERT_TRUE(image.component);
  EXPECT_EQ(image.component->name, "microsoft-windows-dhcp-server"); // the manifest's, not the shortened one
  EXPECT_THAT(unexpanded(package),
              ElementsAre("post.msu/Windows-KB5099001-x64.cab/" + dhcp + "/n/dhcpssvc.dll: PA30 differential"));
  ASSERT_EQ(package.identities.size(), 1U);
  EXPECT_EQ(package.identities.front().identity.name, "package_for_kb5099001");
}

TEST_F(PackageTest, WithoutAReadableManifestTheFolderSaysTheComponent) {
  const Package package = read(
      file("x.cab", cabinetOf({{dhcp + "\\a.dll", imageBytes()}, {dhcp + ".manifest", std::string("DCM\x01PA30..")}})));
  ASSERT_EQ(package.images.size(), 1U);
  EXPECT_EQ(package.images.front().component->name, "microsoft-windows-d..server");
  EXPECT_THAT(unexpanded(package),
              ElementsAre("x.cab/" + dhcp + ".manifest: manifest compressed as PA30 differential"));
}

TEST_F(PackageTest, AnUpdateInAWim) {
  writeBytes(folder.path() / "in" / "inner.cab", cabinetOf({{dhcp + "\\dhcpssvc.dll", imageBytes()}}));
  makeWim(folder.path() / "post.msu", folder.path() / "in", "LZX");
  EXPECT_THAT(shown(read(folder.path() / "post.msu")), ElementsAre("post.msu/inner.cab/" + dhcp + "/dhcpssvc.dll"));
}

std::string psfIndex(const std::string &bytes) {
  const auto source = [](const char *name, const char *type, size_t offset, size_t length) {
    return "<File name=\"" + dhcp + "\\" + name + "\" length=\"1\"><Delta><Source type=\"" + type + "\" offset=\"" +
           std::to_string(offset) + "\" length=\"" + std::to_string(length) + "\"/></Delta></File>";
  };
  return "<Container name=\"express.psf\" type=\"PSF\" xmlns=\"urn:ContainerIndex\"><Files>" +
         source("whole.dll", "RAW", 7, imageBytes().size()) + source("f\\delta.dll", "PA30", 0, 7) +
         source("f\\hidden.dll", "RAW", bytes.size() - 8, 8) + "</Files></Container>";
}

TEST_F(PackageTest, APsfBesideItsCabinetGivesWhatItHoldsWhole) {
  const std::string psf = "PSTREAM" + imageBytes() + "\x01\x02\x03\x04PA31";
  const std::string cabinet = cabinetOf({{"express.psf.cix.xml", psfIndex(psf)}});
  const Package package = read(file("post.msu", cabinetOf({{"kb.cab", cabinet}, {"kb.psf", psf}})));
  EXPECT_THAT(shown(package), ElementsAre("post.msu/kb.cab/" + dhcp + "/whole.dll"));
  ASSERT_EQ(package.images.size(), 1U);
  EXPECT_EQ(readBytes(package.images.front().path), imageBytes());
  EXPECT_THAT(unexpanded(package), ElementsAre("post.msu/kb.cab/" + dhcp + "/f/delta.dll: PA30 differential",
                                               "post.msu/kb.cab/" + dhcp + "/f/hidden.dll: PA31 differential"));
}

TEST_F(PackageTest, FilesOfAMissingPsfAreNamed) {
  const Package package =
      read(file("post.msu", cabinetOf({{"kb.cab", cabinetOf({{"express.psf.cix.xml", psfIndex("PSTREAM.")}})}})));
  EXPECT_THAT(shown(package), IsEmpty());
  ASSERT_EQ(package.unexpanded.size(), 3U);
  EXPECT_THAT(package.unexpanded.front().reason, HasSubstr("not beside the package"));
}

TEST_F(PackageTest, APsfNameThatLeadsOutIsRefused) {
  std::string index = psfIndex("PSTREAM.");
  index.replace(index.find(dhcp), dhcp.size(), "..\\..\\evil");
  file("kb/express.psf", "PSTREAM" + imageBytes());
  EXPECT_THAT(refused(file("kb/express.psf.cix.xml", index).parent_path()).reason, HasSubstr("leads out"));
}

TEST_F(PackageTest, PackagesInPackagesEndSomewhere) {
  std::string nested = cabinetOf({{"a.dll", imageBytes()}});
  for (int i = 0; i < 3; ++i)
    nested = cabinetOf({{"x.cab", nested}});
  ExpansionBudget budget;
  budget.nesting = 3;
  EXPECT_THAT(shown(read(file("three.cab", nested), budget)), ElementsAre("three.cab/x.cab/x.cab/x.cab/a.dll"));
  budget.nesting = 2;
  EXPECT_THAT(refused(file("three.cab", nested), budget).reason, HasSubstr("more than 2 deep"));
}

// Two small packages in one share its budget.
TEST_F(PackageTest, TheBudgetIsThatOfTheOutermostPackage) {
  const std::string inner = cabinetOf({{"a.dll", imageBytes(0x8664, std::string(3000, 'x'))}});
  ExpansionBudget budget{.bytes = 20'000, .files = 10, .nesting = 4, .bytesPerByte = 1, .bytesAlways = 13'500};
  EXPECT_EQ(read(file("two.cab", cabinetOf({{"1.cab", inner}, {"2.cab", inner}})), budget).images.size(), 2U);
  budget.bytesAlways = 11'000;
  EXPECT_THAT(refused(file("two.cab", cabinetOf({{"1.cab", inner}, {"2.cab", inner}})), budget).reason,
              HasSubstr("expands to more than"));
}

TEST_F(PackageTest, ADamagedPackageInsideIsNamedWithItsWay) {
  const std::string inner = cabinetOf({{"a.dll", imageBytes()}});
  const Error error = refused(file("post.msu", cabinetOf({{"in.cab", inner.substr(0, inner.size() - 5)}})));
  EXPECT_EQ(error.entity, "post.msu/in.cab");
  EXPECT_THAT(error.place, HasSubstr("offset 0x"));
}

TEST_F(PackageTest, AFolderMayHoldImagesAndPackages) {
  file("kb/bin/a.dll", imageBytes());
  file("kb/b.cab", cabinetOf({{"b.dll", imageBytes()}}));
  file("kb/named-like-nothing", imageBytes());
  file("kb/readme.txt", "text");
  file("kb/symbols.pd_", cabinetOf({{"symbols.pdb", "pdb"}})); // for whoever looks for symbols
  EXPECT_THAT(shown(read(folder.path() / "kb")),
              ElementsAre("kb/b.cab/b.dll", "kb/bin/a.dll", "kb/named-like-nothing"));
  EXPECT_EQ(readBytes(folder.path() / "kb" / "b.cab"), cabinetOf({{"b.dll", imageBytes()}})) << "the user's file stays";
}

TEST_F(PackageTest, TwoNamesThatWindowsTakesForOneAreRefused) {
  file("kb/a.dll", imageBytes());
  file("kb/A.DLL", imageBytes());
  EXPECT_THAT(refused(folder.path() / "kb").reason, HasSubstr("differs in case only"));
}

TEST_F(PackageTest, ADifferentialInAFolderIsNamedToo) {
  file("kb/a.dll", "PA30....");
  EXPECT_THAT(unexpanded(read(folder.path() / "kb")), ElementsAre("kb/a.dll: PA30 differential"));
}

TEST_F(PackageTest, ASingleImageIsAPackageOfOne) {
  const Package package = read(file("a.dll", imageBytes()));
  EXPECT_THAT(shown(package), ElementsAre("a.dll"));
  ASSERT_EQ(package.images.size(), 1U);
  EXPECT_EQ(package.images.front().path, folder.path() / "a.dll");
}

} // namespace
} // namespace hotgate::analyzer::test
