// Object code by llvm-objdump: see object_code.h.
#include "tests/corpus/object_code.h"

#include "tests/corpus/child_process.h"

#include <sstream>

namespace hotgate::corpus_test {

namespace {

// "\t\tIMAGE_REL_AMD64_REL32\tmemcpy", with an address before it that says nothing about the function.
constexpr std::string_view relocationMark = "IMAGE_REL_";

void addLine(ObjectFunction &function, const std::string &line) {
  const size_t mark = line.find(relocationMark);
  if (mark == std::string::npos) {
    function.lines.push_back(line);
    return;
  }
  function.lines.push_back(line.substr(mark));
  function.references.insert(line.substr(line.find_last_of(" \t") + 1));
}

void addListing(ObjectCode &code, const std::string &listing) {
  ObjectFunction *current = nullptr;
  std::istringstream lines(listing);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('<') && line.ends_with(">:"))
      current = &code[line.substr(1, line.size() - 3)];
    else if (line.find("file format") != std::string::npos || line.starts_with("Disassembly"))
      current = nullptr; // the head of an object or a section
    else if (current && line.find_first_not_of(" \t") != std::string::npos)
      addLine(*current, line);
  }
}

} // namespace

Result<ObjectCode> readObjectCode(const std::filesystem::path &folder) {
  std::set<std::string> objects;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".obj")
      objects.insert(entry.path().string());
  if (objects.empty())
    return failInput(folder.string(), "", "holds no object files", "build the target corpus");
  std::vector<std::string> command = {"llvm-objdump-19", "-d", "-r", "--no-show-raw-insn", "--no-addresses"};
  command.insert(command.end(), objects.begin(), objects.end());
  HOTGATE_TRY(const auto listing, runForOutput(command));
  ObjectCode code;
  addListing(code, listing);
  return code;
}

std::string plainName(const std::string &decorated) {
  if (!decorated.starts_with('?'))
    return decorated;
  return decorated.substr(1, decorated.find('@') - 1);
}

CodeDifference compare(const ObjectCode &base, const ObjectCode &post) {
  CodeDifference difference;
  for (const auto &[name, function] : base) {
    const auto other = post.find(name);
    if (other == post.end())
      difference.onlyInOne.insert(plainName(name));
    else if (other->second.lines != function.lines)
      difference.changed.insert(plainName(name));
  }
  for (const auto &[name, function] : post)
    if (!base.contains(name))
      difference.onlyInOne.insert(plainName(name));
  return difference;
}

std::set<std::string> reachable(const ObjectCode &code, const std::set<std::string> &plainNames) {
  std::set<std::string> reached;
  std::vector<std::string> open;
  for (const auto &[name, function] : code)
    if (plainNames.contains(plainName(name)))
      open.push_back(name);
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    if (!reached.insert(name).second || !code.contains(name))
      continue;
    const auto &references = code.at(name).references;
    open.insert(open.end(), references.begin(), references.end());
  }
  return reached;
}

} // namespace hotgate::corpus_test
