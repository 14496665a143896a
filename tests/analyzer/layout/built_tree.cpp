#include "tests/analyzer/layout/built_tree.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace hotgate::layout {

namespace {

namespace fs = std::filesystem;
using analyzer::Machine;

std::string textOf(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void run(const fs::path &folder, const std::string &command) {
  const std::string log = fmt::format("{}.log", std::hash<std::string>{}(command));
  if (std::system(fmt::format("cd '{}' && {} 2> {}", folder.string(), command, log).c_str()) != 0)
    ADD_FAILURE() << command << '\n' << textOf(folder / log);
}

const char *targetOf(Machine machine) {
  switch (machine) {
  case Machine::x64:
    return "x86_64-pc-windows-msvc";
  case Machine::x86:
    return "i686-pc-windows-msvc";
  case Machine::arm64:
    return "aarch64-pc-windows-msvc";
  }
  return "";
}

// The sources with the edit made.
void copySources(const fs::path &from, const fs::path &to, const StructEdit *edit) {
  fs::create_directories(to);
  for (const fs::directory_entry &entry : fs::directory_iterator(from))
    if (entry.is_regular_file())
      fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::overwrite_existing);
  if (edit == nullptr)
    return;
  std::string text = textOf(from / edit->file);
  const size_t at = text.find(edit->from);
  ASSERT_NE(at, std::string::npos) << edit->file << " has no \"" << edit->from << '"';
  ASSERT_EQ(text.find(edit->from, at + 1), std::string::npos) << edit->file << " has it twice: " << edit->from;
  text.replace(at, edit->from.size(), edit->to);
  std::ofstream(to / edit->file, std::ios::binary) << text;
}

} // namespace

BuiltTree::BuiltTree(Tree tree, Machine machine, fs::path folder)
    : tree_(tree), machine_(machine), folder_(std::move(folder)),
      sources_(tree == Tree::dhcp ? HOTGATE_DHCP_SOURCES : HOTGATE_BROKER_SOURCES) {
  std::vector<std::string> stems;
  for (const fs::directory_entry &entry : fs::directory_iterator(sources_))
    if (entry.path().extension() == ".cpp" && entry.path().stem() != "references") // of a KB only
      stems.push_back(entry.path().stem());
  std::ranges::sort(stems);
  for (std::string &stem : stems)
    units_.push_back({std::move(stem), {}, {}});
  fs::create_directories(folder_);
  prepareLibraries();
  original_ = buildIn(folder_, nullptr);
  for (Unit &unit : units_) {
    unit.dependencies = textOf(folder_ / (unit.stem + ".d"));
    unit.dump = textOf(folder_ / (unit.stem + ".layouts"));
  }
}

BuiltImage BuiltTree::build(const StructEdit &edit, const std::string &name) const {
  return buildIn(folder_ / name, &edit);
}

std::string BuiltTree::compileCommand() const {
  return fmt::format(
      "clang++-19 --target={} -std=c++20 -fno-exceptions -fno-rtti -fms-extensions -fms-compatibility-version=19.40 "
      "-ffreestanding -nostdinc -O2 -g -gcodeview -ffunction-sections -fdata-sections -mno-stack-arg-probe "
      "-gno-codeview-command-line -fdebug-compilation-dir=. -fms-hotpatch -Xclang -cfguard -Xclang "
      "-fdump-record-layouts",
      targetOf(machine_));
}

BuiltImage BuiltTree::buildIn(const fs::path &folder, const StructEdit *edit) const {
  const fs::path sources = folder / "src";
  copySources(sources_, sources, edit);
  BuiltImage built{folder / "program.dll", folder / "program.pdb", {}};
  std::string objects;
  for (const Unit &unit : units_) {
    if (edit != nullptr && unit.dependencies.find(edit->file) == std::string::npos) {
      objects += fmt::format(" {}/{}.obj", folder_.string(), unit.stem);
      readLayouts(unit.dump, built.layouts);
      continue;
    }
    run(folder, fmt::format("{} -MD -MF {}.d -c src/{}.cpp -o {}.obj > {}.layouts", compileCommand(), unit.stem,
                            unit.stem, unit.stem, unit.stem));
    objects += fmt::format(" {}.obj", unit.stem);
    readLayouts(textOf(folder / (unit.stem + ".layouts")), built.layouts);
  }
  link(folder, objects);
  return built;
}

void BuiltTree::prepareLibraries() {
  if (tree_ != Tree::dhcp)
    return;
  for (const char *library : {"kernel32", "ws2_32", "advapi32"}) {
    run(folder_, fmt::format("llvm-dlltool-19 -m i386:x86-64 -d {}/imports/{}.def -l {}.lib", sources_.string(),
                             library, library));
    libraries_ += fmt::format(" {}/{}.lib", folder_.string(), library);
  }
  run(folder_, fmt::format("clang-19 --target={} -c {}/load_config.s -o load_config.obj", targetOf(machine_),
                           sources_.string()));
  libraries_ += fmt::format(" {}/load_config.obj /guard:cf /entry:Start /subsystem:console", folder_.string());
}

void BuiltTree::link(const fs::path &folder, const std::string &objects) const {
  run(folder, fmt::format("lld-link-19 /nodefaultlib /debug /Brepro /opt:ref /opt:noicf /functionpadmin:6 "
                          "/pdbaltpath:program.pdb /pdbsourcepath:. {} /out:program.dll{}{} > link.txt",
                          tree_ == Tree::dhcp        ? ""
                          : machine_ == Machine::x86 ? "/dll /noentry /safeseh:no"
                                                     : "/dll /noentry",
                          objects, libraries_));
}

} // namespace hotgate::layout
