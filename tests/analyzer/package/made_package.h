// Packages made by a test: cabinets byte by byte, where they have to be hostile, and by gcab and wimlib-imagex, where
// they have to be compressed. The tools must be there: a test without them fails.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hotgate::analyzer::test {

// A folder that goes with the object.
class TestFolder {
public:
  TestFolder();
  TestFolder(const TestFolder &) = delete;
  TestFolder &operator=(const TestFolder &) = delete;
  ~TestFolder();
  [[nodiscard]] const std::filesystem::path &path() const { return path_; }

private:
  std::filesystem::path path_;
};

using Files = std::map<std::string, std::string>; // content by name, as a package writes it ("a\\b.dll")

// An uncompressed cabinet.
std::string cabinetOf(const Files &files);
// As LZX, which no tool here writes: one block that the format stores as it is. Together under 16 MiB.
std::string lzxCabinetOf(const Files &files);

// A cabinet whose file table says what the test wants: nothing has to be true.
struct ClaimedFile {
  std::string name;
  uint32_t length = 0;
  uint32_t offset = 0;
};
std::string cabinetClaiming(const std::vector<ClaimedFile> &files, const std::string &data);

// With MSZIP; every file by its name without folders.
void makeCompressedCabinet(const std::filesystem::path &cabinet, const std::vector<std::filesystem::path> &files);
// `compression` as wimlib-imagex names it: "LZX", "XPRESS", "none"; "LZMS --solid" packs all files as one, as updates
// do.
void makeWim(const std::filesystem::path &wim, const std::filesystem::path &folder, const std::string &compression);

void writeBytes(const std::filesystem::path &path, const std::string &bytes); // makes its folders
std::string readBytes(const std::filesystem::path &path);
// Every file below a folder with its content, by its path.
Files filesBelow(const std::filesystem::path &folder);

// What passes for an image at a glance; `salt` makes it another one.
std::string imageBytes(uint16_t machine = 0x8664, const std::string &salt = "");

// "amd64_NAME_31bf3856ad364e35_VERSION_none_0123456789abcdef"
std::string componentFolder(const std::string &name, const std::string &version,
                            const std::string &architecture = "amd64", const std::string &language = "none");

} // namespace hotgate::analyzer::test
