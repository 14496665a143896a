// A program's sources, built as they are and with edits, the way corpus/WindowsImage.cmake builds them. What an edit
// does not reach is not compiled again.
#pragma once

#include "analyzer/image/image.h"
#include "tests/analyzer/layout/record_layouts.h"
#include "tests/analyzer/layout/struct_edits.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::layout {

struct BuiltImage {
  std::filesystem::path image;
  std::filesystem::path pdb;
  RecordLayouts layouts;
};

class BuiltTree {
public:
  // Builds the tree without edits into the folder. A compiler that fails, or is not there, is a test failure.
  BuiltTree(Tree tree, analyzer::Machine machine, std::filesystem::path folder);

  // With one edit, into a folder of its own. Several threads may ask.
  [[nodiscard]] BuiltImage build(const StructEdit &edit, const std::string &name) const;
  [[nodiscard]] const BuiltImage &original() const { return original_; }

private:
  struct Unit {
    std::string stem;
    std::string dependencies; // the make rule that the compiler wrote
    std::string dump;
  };
  BuiltImage buildIn(const std::filesystem::path &folder, const StructEdit *edit) const;
  [[nodiscard]] std::string compileCommand() const;
  void link(const std::filesystem::path &folder, const std::string &objects) const;
  void prepareLibraries();

  Tree tree_;
  analyzer::Machine machine_;
  std::filesystem::path folder_;
  std::filesystem::path sources_;
  std::vector<Unit> units_;
  std::string libraries_; // for the linker
  BuiltImage original_;
};

} // namespace hotgate::layout
