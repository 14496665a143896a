// Row ids of a module's images and functions: what one writer's rows refer to of another's.
#pragma once

#include "analyzer/code/function.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace hotgate::analyzer {

// Row ids of one image's functions, by function index.
using FunctionIds = std::vector<int64_t>;

struct WrittenImage {
  int64_t id = 0;
  FunctionIds functions;

  [[nodiscard]] std::optional<int64_t> idOf(std::optional<FunctionIndex> index) const {
    return index ? std::optional<int64_t>(functions[*index]) : std::nullopt;
  }
};

struct WrittenModule {
  WrittenImage pre, post;
  WrittenImage hotpatch; // of id 0 when the module has none
};

} // namespace hotgate::analyzer
