// 40 edits of structs in real sources, as text: what a developer types, and nothing else.
#pragma once

#include <span>
#include <string_view>

namespace hotgate::layout {

enum class Tree : unsigned char { dhcp, broker };

struct StructEdit {
  std::string_view kind; // insert, remove, reorder, widen, grow, bit field
  std::string_view type; // whose members are edited
  Tree tree;
  std::string_view file;
  std::string_view from; // stands in the file once
  std::string_view to;
};

// "remove" is told the other way round: `to` has the member that the new build no longer has.
[[nodiscard]] bool isBackwards(const StructEdit &edit);

[[nodiscard]] std::span<const StructEdit> structEdits();

} // namespace hotgate::layout
