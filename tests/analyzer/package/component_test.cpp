// What names and manifests say about a file: component, version, language, architecture, machine, differential.
#include "analyzer/package/component.h"
#include "analyzer/package/differential.h"
#include "analyzer/package/image_file.h"
#include "analyzer/package/psf_index.h"
#include "support/sha256.h"
#include "tests/analyzer/package/made_package.h"

#include <gmock/gmock.h>

namespace hotgate::analyzer::test {
namespace {

using testing::HasSubstr;

std::span<const uint8_t> bytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

TEST(ComponentOfFolder, ReadsEveryPart) {
  const auto component =
      componentOfFolder("amd64_Microsoft-Windows-Dhcp_Server_31bf3856ad364e35_10.0.26100.1742_none_0123456789abcdef");
  ASSERT_TRUE(component);
  EXPECT_EQ(component->name, "microsoft-windows-dhcp_server"); // a name may have a '_' of its own
  EXPECT_EQ(component->version, "10.0.26100.1742");
  EXPECT_EQ(component->language, "neutral");
  EXPECT_EQ(component->architecture, "amd64");
  EXPECT_EQ(componentOfFolder("wow64_x.resources_31bf3856ad364e35_6.1.1.1_de-de_0123456789abcdef")->language, "de-de");
}

TEST(ComponentOfFolder, OtherNamesAreNone) {
  for (const char *name :
       {"", "system32", "amd64_x_31bf3856ad364e35_10.0.1.1_none", "amd64_x_31bf3856ad364e35_10.0.1.1_none_short",
        "amd64_x_31bf3856ad364e35_tenpointzero_none_0123456789abcdef", "amd64_x_y_10.0.1.1_none_0123456789abcdef",
        "_x_31bf3856ad364e35_10.0.1.1_none_0123456789abcdef", "a_b_c_d_e_f", "_____"})
    EXPECT_FALSE(componentOfFolder(name)) << name;
}

TEST(ComponentOfManifest, IsTheFirstIdentityAndNoneOfItsDependencies) {
  const auto component = componentOfManifest(bytesOf(R"(<?xml version="1.0" encoding="utf-8"?>
<asm:assembly xmlns:asm="urn:schemas-microsoft-com:asm.v3" manifestVersion="1.0">
  <asm:assemblyIdentity name="Microsoft-Windows-DHCP-Server" version="10.0.26100.2" processorArchitecture="amd64" language="neutral"/>
  <asm:dependency><asm:assemblyIdentity name="Other" version="1.0.0.0" processorArchitecture="x86" language="*"/></asm:dependency>
</asm:assembly>)"),
                                             "x.manifest");
  ASSERT_TRUE(component);
  ASSERT_TRUE(*component);
  EXPECT_EQ((*component)->name, "microsoft-windows-dhcp-server");
  EXPECT_EQ((*component)->version, "10.0.26100.2");
  EXPECT_EQ((*component)->architecture, "amd64");
  EXPECT_FALSE(*componentOfManifest(bytesOf("<assembly/>"), "x.manifest"));
}

TEST(ComponentOfManifest, DamagedXmlIsRefusedWithItsLine) {
  const auto result = componentOfManifest(bytesOf("<assembly>\n<broken\n</assembly>"), "x.manifest");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().entity, "x.manifest");
  EXPECT_EQ(result.error().place, "line 3");
}

// Ten entities of ten of ten would be gigabytes.
TEST(ComponentOfManifest, EntitiesAndDepthHaveNoRoomToGrow) {
  const auto entities = componentOfManifest(
      bytesOf("<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY z \"&x;&x;&x;\">]>\n<a b=\"&z;\"/>"), "x.manifest");
  ASSERT_FALSE(entities);
  EXPECT_THAT(entities.error().reason, HasSubstr("document type"));
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep = "<a>" + deep + "</a>";
  const auto nested = componentOfManifest(bytesOf(deep), "x.manifest");
  ASSERT_FALSE(nested);
  EXPECT_THAT(nested.error().reason, HasSubstr("deep"));
}

TEST(DifferentialKind, KnowsDifferentialsWithAndWithoutAChecksum) {
  EXPECT_EQ(differentialKind(bytesOf("PA30xxxx")), "PA30 differential");
  EXPECT_EQ(differentialKind(bytesOf("PA31")), "PA31 differential");
  EXPECT_EQ(differentialKind(bytesOf("\x12\x34\x56\x78PA30xxxx")), "PA30 differential");
  EXPECT_EQ(differentialKind(bytesOf("DCM\x01PA30xxxx")), "manifest compressed as PA30 differential");
  EXPECT_FALSE(differentialKind(bytesOf("PA3")));
  EXPECT_FALSE(differentialKind(bytesOf("MZ\x90\0\x03PA30")));
  EXPECT_FALSE(differentialKind(bytesOf("")));
}

TEST(MachineOf, IsOfThePeHeader) {
  EXPECT_EQ(machineOf(bytesOf(imageBytes(0x8664))), "x64");
  EXPECT_EQ(machineOf(bytesOf(imageBytes(0xaa64))), "arm64");
  EXPECT_EQ(machineOf(bytesOf(imageBytes(0x14c))), "x86");
  EXPECT_EQ(machineOf(bytesOf(imageBytes(0x1c4))), "machine 0x1c4");
  const std::string whole = imageBytes();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(machineOf(bytesOf(std::string_view(whole).substr(0, size))), "") << size;
  EXPECT_EQ(machineOf(bytesOf("MZ" + std::string(0x3a, '\0') + "\xff\xff\xff\xff")), "");
}

TEST(LanguageOfPath, IsOfTheFolderThatIsCalledLikeOne) {
  EXPECT_EQ(languageOfPath("en-US/dhcpssvc.dll.mui"), "en-us");
  EXPECT_EQ(languageOfPath("system32/zh-Hans-CN/a.dll"), "zh-hans-cn");
  EXPECT_EQ(languageOfPath("system32/dhcpssvc.dll"), "neutral");
  EXPECT_EQ(languageOfPath("en-us"), "neutral"); // a file
  EXPECT_EQ(languageOfPath("x64-v2/a.dll"), "neutral");
}

std::string indexOf(const std::string &source) {
  return "<Container name=\"x.psf\" type=\"PSF\" xmlns=\"urn:ContainerIndex\"><Files><File name=\"c\\f\\a.dll\" "
         "length=\"9\"><Hash alg=\"SHA256\" value=\"00\"/><Delta>" +
         source + "</Delta></File></Files></Container>";
}

TEST(PsfIndex, ReadsWhereAFileLies) {
  const std::string hash = sha256Hex(std::string_view("data"));
  const auto index = readPsfIndex(bytesOf(indexOf("<Source type=\"RAW\" offset=\"2\" length=\"4\"><Hash alg=\"SHA256\" "
                                                  "value=\"" +
                                                  hash + "\"/></Source>")),
                                  "x.cix.xml");
  ASSERT_TRUE(index);
  EXPECT_EQ(index->container, "x.psf");
  ASSERT_EQ(index->files.size(), 1U);
  const PsfFile &file = index->files.front();
  EXPECT_EQ(file.name, "c\\f\\a.dll");
  EXPECT_EQ(file.type, "RAW");
  EXPECT_EQ(file.sha256, hash); // that of the source, not that of the expanded file
  EXPECT_TRUE(psfBytes(file, bytesOf("..data.."), "x"));
  const auto changed = psfBytes(file, bytesOf("..dada.."), "x");
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().reason, HasSubstr("SHA-256"));
  const auto cut = psfBytes(file, bytesOf("..dat"), "x");
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().place, HasSubstr("offset 0x2"));
}

TEST(PsfIndex, WhatIsNoNumberOrNoSourceIsRefused) {
  for (const char *source : {"<Source type=\"RAW\" offset=\"-1\" length=\"4\"/>",
                             "<Source type=\"RAW\" offset=\"1\" length=\"99999999999999999999\"/>",
                             "<Source type=\"RAW\" length=\"4\"/>", ""})
    EXPECT_FALSE(readPsfIndex(bytesOf(indexOf(source)), "x.cix.xml")) << source;
  const PsfFile overflowing{"a", "RAW", UINT64_MAX, 2, {}};
  EXPECT_FALSE(psfBytes(overflowing, bytesOf("data"), "x"));
}

} // namespace
} // namespace hotgate::analyzer::test
