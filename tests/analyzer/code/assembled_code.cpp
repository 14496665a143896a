#include "tests/analyzer/code/assembled_code.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <llvm/Object/COFF.h>
#include <llvm/Support/MemoryBuffer.h>

namespace hotgate::analyzer::test {

namespace {

std::filesystem::path newFolder() {
  std::string name = testing::TempDir() + "/hotgate-assembled-XXXXXX";
  return ::mkdtemp(name.data());
}

const char *triple(Machine machine) {
  return machine == Machine::arm64 ? "aarch64-pc-windows-msvc"
         : machine == Machine::x86 ? "i386-pc-windows-msvc"
                                   : "x86_64-pc-windows-msvc";
}

// Intel syntax has no "."; what is relative to it has no other operands, and reads the same in both.
const char *syntax(Machine machine, const std::string &line) {
  if (machine == Machine::arm64)
    return ".arch armv9-a+sve+mte+rcpc3+ls64+lse128";
  return line.find(" . ") != std::string::npos ? ".att_syntax" : ".intel_syntax noprefix";
}

std::vector<uint8_t> textSection(const std::filesystem::path &object) {
  auto buffer = llvm::MemoryBuffer::getFile(object.string());
  if (!buffer)
    return {};
  auto file = llvm::object::COFFObjectFile::create((*buffer)->getMemBufferRef());
  if (!file) {
    ADD_FAILURE() << llvm::toString(file.takeError());
    return {};
  }
  for (const llvm::object::SectionRef &section : (*file)->sections())
    if (section.isText())
      if (auto contents = section.getContents())
        return {contents->bytes_begin(), contents->bytes_end()};
  return {};
}

} // namespace

std::vector<uint8_t> assemble(Machine machine, const std::vector<std::string> &lines) {
  const std::filesystem::path folder = newFolder();
  std::ofstream source(folder / "code.s");
  for (const std::string &line : lines)
    source << syntax(machine, line) << '\n' << line << '\n';
  source.close();
  const std::string command = "cd '" + folder.string() + "' && clang-19 --target=" + triple(machine) +
                              " -c code.s -o code.obj > assemble.log 2>&1";
  if (std::system(command.c_str()) != 0) {
    std::ifstream log(folder / "assemble.log");
    ADD_FAILURE() << command << '\n' << log.rdbuf();
  }
  auto bytes = textSection(folder / "code.obj");
  std::filesystem::remove_all(folder);
  return bytes;
}

const EncodedField &DecodedLine::field(size_t index) const {
  static const EncodedField none;
  if (index < instruction.fieldCount)
    return instruction.fields[index];
  ADD_FAILURE() << source << ": has " << int{instruction.fieldCount} << " fields";
  return none;
}

uint32_t DecodedLine::word() const {
  uint32_t word = 0;
  std::memcpy(&word, bytes.data(), std::min(sizeof word, bytes.size()));
  return word;
}

std::vector<DecodedLine> decodeLines(Machine machine, const std::vector<std::string> &lines) {
  const std::vector<uint8_t> code = assemble(machine, lines);
  auto decoder = Decoder::create(machine);
  std::vector<DecodedLine> result;
  size_t at = 0;
  for (const std::string &line : lines) {
    DecodedLine decoded{line, {}, {}, {}};
    const auto rest = std::span(code).subspan(at);
    if (!decoder->decodeWithText(rest, static_cast<uint32_t>(codeBegin + at), decoded.instruction, decoded.text)) {
      ADD_FAILURE() << "not decoded: " << line;
      return std::vector<DecodedLine>(lines.size());
    }
    decoded.bytes.assign(rest.begin(), rest.begin() + decoded.instruction.size);
    at += decoded.instruction.size;
    result.push_back(std::move(decoded));
  }
  EXPECT_LE(code.size() - at, 15U) << "a line is more than one instruction"; // a section can end with filler
  return result;
}

DecodedLine decodeLine(Machine machine, const std::string &line) { return decodeLines(machine, {line}).front(); }

} // namespace hotgate::analyzer::test
