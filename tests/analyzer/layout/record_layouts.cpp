#include "tests/analyzer/layout/record_layouts.h"

#include <algorithm>
#include <sstream>
#include <vector>

namespace hotgate::layout {

namespace {

constexpr uint64_t bitsOfByte = 8;

// "     8:3-7 |   uint16_t retries" or "        16 |     const uint8_t * data"
struct DumpLine {
  uint64_t bit = 0;
  uint64_t width = 0; // of a bit field
  size_t depth = 0;
  std::string name; // the last word
  bool isField = false;
};

DumpLine parse(const std::string &line) {
  DumpLine result;
  const size_t bar = line.find('|');
  if (bar == std::string::npos || line.find_first_of("0123456789") > bar)
    return result;
  unsigned long byte = 0, first = 0, last = 0;
  const int count = std::sscanf(line.c_str(), " %lu:%lu-%lu", &byte, &first, &last);
  result.bit = byte * bitsOfByte + (count > 1 ? first : 0);
  result.width = count > 2 ? last - first + 1 : 0;
  const size_t text = line.find_first_not_of(' ', bar + 1);
  result.depth = (text - bar - 2) / 2;
  result.name = line.substr(line.rfind(' ') + 1);
  result.isField = true;
  return result;
}

// Of a member: up to the next one.
uint64_t endOf(const RecordLayout &layout, uint64_t bit) {
  uint64_t end = layout.size * bitsOfByte;
  for (const auto &[path, place] : layout.places)
    if (place > bit)
      end = std::min(end, place);
  return end;
}

} // namespace

void readLayouts(const std::string &dump, RecordLayouts &layouts) {
  std::istringstream stream(dump);
  RecordLayout record;
  std::string name;
  std::vector<std::string> path;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("*** Dumping AST Record Layout")) {
      record = {};
      name.clear();
    } else if (const size_t size = line.find("[sizeof="); size != std::string::npos && !name.empty()) {
      record.size = std::stoull(line.substr(size + std::string_view("[sizeof=").size()));
      layouts[name] = record;
    } else if (const DumpLine field = parse(line); field.isField && field.depth == 0) {
      name = field.name;
      path.clear();
    } else if (field.isField && !name.empty()) {
      path.resize(field.depth - 1);
      std::string whole;
      for (const std::string &part : path)
        whole += part + '.';
      path.push_back(field.name);
      record.places[whole + field.name] = field.bit;
      if (field.width != 0)
        record.widths[whole + field.name] = field.width;
    }
  }
}

std::set<std::string> differingTypes(const RecordLayouts &pre, const RecordLayouts &post) {
  std::set<std::string> result;
  for (const auto &[name, layout] : pre)
    if (const auto found = post.find(name); found != post.end() && found->second != layout)
      result.insert(name);
  return result;
}

bool explainsMove(const RecordLayout &pre, const RecordLayout &post, int64_t preOffset, int64_t postOffset) {
  if (preOffset < 0 || postOffset < 0)
    return false;
  const uint64_t bit = static_cast<uint64_t>(preOffset) * bitsOfByte;
  return std::ranges::any_of(pre.places, [&](const auto &member) {
    const auto &[path, place] = member;
    const auto found = post.places.find(path);
    return found != post.places.end() && place <= bit && bit < endOf(pre, place) &&
           (bit - place) + found->second == static_cast<uint64_t>(postOffset) * bitsOfByte;
  });
}

bool explainsBits(const RecordLayout &pre, const RecordLayout &post, int64_t offset) {
  constexpr uint64_t storage = 64; // bits that are loaded at once
  const uint64_t bit = static_cast<uint64_t>(offset) * bitsOfByte;
  return std::ranges::any_of(pre.widths, [&](const auto &member) {
    const auto &[path, width] = member;
    const uint64_t place = pre.places.at(path);
    const auto newPlace = post.places.find(path);
    const auto newWidth = post.widths.find(path);
    const bool differs = newPlace == post.places.end() || newWidth == post.widths.end() || newPlace->second != place ||
                         newWidth->second != width;
    return differs && place + width > bit && place < bit + storage;
  });
}

bool explainsSize(const RecordLayout &pre, const RecordLayout &post, int64_t preSize, int64_t postSize) {
  const auto grown = static_cast<int64_t>(post.size) - static_cast<int64_t>(pre.size);
  return grown != 0 && (postSize - preSize) % grown == 0 && (postSize - preSize) / grown >= 1 &&
         preSize >= (postSize - preSize) / grown * (static_cast<int64_t>(pre.size) - static_cast<int64_t>(bitsOfByte));
}

} // namespace hotgate::layout
