#include "tests/analyzer/package/made_package.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace hotgate::analyzer::test {

namespace {

void put(std::string &bytes, uint64_t value, int size) {
  for (int i = 0; i < size; ++i)
    bytes += static_cast<char>(value >> (8 * i));
}

void run(const std::string &command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

constexpr size_t blockSize = 0x8000;    // that a data block has expanded
constexpr uint16_t uncompressed = 0;    // compression types of a folder
constexpr uint16_t lzx21 = 21 << 8 | 3; // LZX with a window of 2 MiB

// `start` stands in front of the first block's own bytes.
std::string assembled(const std::vector<ClaimedFile> &files, const std::string &data, uint16_t compression,
                      const std::string &start) {
  constexpr size_t headerSize = 36;
  constexpr size_t folderSize = 8;
  std::string table;
  for (const ClaimedFile &file : files) {
    put(table, file.length, 4);
    put(table, file.offset, 4);
    put(table, 0, 2);      // the first folder
    put(table, 0x5a21, 2); // 2025-01-01
    put(table, 0, 2);
    put(table, 0x80, 2); // the name is UTF-8
    table += file.name + '\0';
  }
  std::string blocks;
  uint16_t count = 0;
  for (size_t at = 0; at < data.size(); at += blockSize, ++count) {
    const std::string expanded = data.substr(at, blockSize);
    const std::string block = (at == 0 ? start : "") + expanded;
    put(blocks, 0, 4); // no checksum
    put(blocks, block.size(), 2);
    put(blocks, expanded.size(), 2);
    blocks += block;
  }
  const size_t dataAt = headerSize + folderSize + table.size();
  std::string cabinet = "MSCF";
  put(cabinet, 0, 4);
  put(cabinet, dataAt + blocks.size(), 4);
  put(cabinet, 0, 4);
  put(cabinet, headerSize + folderSize, 4);
  put(cabinet, 0, 4);
  put(cabinet, 0x0103, 2); // version 1.3
  put(cabinet, 1, 2);      // folders
  put(cabinet, files.size(), 2);
  put(cabinet, 0, 2); // flags
  put(cabinet, 0, 4); // set
  put(cabinet, dataAt, 4);
  put(cabinet, count, 2);
  put(cabinet, compression, 2);
  return cabinet + table + blocks;
}

// The files one behind the other.
std::string laidOut(const Files &files, std::vector<ClaimedFile> &table) {
  std::string data;
  for (const auto &[name, content] : files) {
    table.push_back({name, static_cast<uint32_t>(content.size()), static_cast<uint32_t>(data.size())});
    data += content;
  }
  return data;
}

} // namespace

TestFolder::TestFolder() {
  std::string pattern = testing::TempDir() + "/hotgate-package-XXXXXX";
  path_ = ::mkdtemp(pattern.data());
}

TestFolder::~TestFolder() {
  std::error_code ignored; // a folder of a test that is left is no failure
  std::filesystem::remove_all(path_, ignored);
}

std::string cabinetOf(const Files &files) {
  std::vector<ClaimedFile> table;
  const std::string data = laidOut(files, table);
  return cabinetClaiming(table, data);
}

std::string cabinetClaiming(const std::vector<ClaimedFile> &files, const std::string &data) {
  return assembled(files, data, uncompressed, "");
}

std::string lzxCabinetOf(const Files &files) {
  std::vector<ClaimedFile> table;
  const std::string data = laidOut(files, table);
  // Bits come in 16-bit words, the highest first: no x86 translation (0), a block that is stored (011), its length in
  // 24 bits, 4 bits to the next word; then the three repeated offsets.
  const auto bits = (uint32_t{3} << 24U | static_cast<uint32_t>(data.size())) << 4U;
  std::string start;
  put(start, bits >> 16U, 2);
  put(start, bits, 2);
  for (int offset = 0; offset < 3; ++offset)
    put(start, 1, 4);
  return assembled(table, data, lzx21, start);
}

void makeCompressedCabinet(const std::filesystem::path &cabinet, const std::vector<std::filesystem::path> &files) {
  std::string command = "gcab -c -z -n '" + cabinet.string() + "'";
  for (const auto &file : files)
    command += " '" + file.string() + "'";
  run(command);
}

void makeWim(const std::filesystem::path &wim, const std::filesystem::path &folder, const std::string &compression) {
  run("wimlib-imagex capture '" + folder.string() + "' '" + wim.string() + "' --quiet --compress=" + compression);
}

void writeBytes(const std::filesystem::path &path, const std::string &bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string readBytes(const std::filesystem::path &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Files filesBelow(const std::filesystem::path &folder) {
  Files files;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
    if (!entry.is_directory())
      files[entry.path().lexically_relative(folder).generic_string()] = readBytes(entry.path());
  return files;
}

std::string imageBytes(uint16_t machine, const std::string &salt) {
  std::string bytes = "MZ";
  bytes.resize(0x3c);
  put(bytes, 0x40, 4);
  put(bytes, 0x4550, 4); // "PE\0\0"
  put(bytes, machine, 2);
  return bytes + salt;
}

std::string componentFolder(const std::string &name, const std::string &version, const std::string &architecture,
                            const std::string &language) {
  return architecture + "_" + name + "_31bf3856ad364e35_" + version + "_" + language + "_0123456789abcdef";
}

} // namespace hotgate::analyzer::test
