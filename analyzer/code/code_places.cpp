#include "analyzer/code/code_places.h"

namespace hotgate::analyzer {

CodePlaces::CodePlaces(const Image &image) {
  for (const Section &section : image.sections())
    if (section.isExecutable())
      parts_.push_back({section.rva, std::vector<bool>(image.bytesFrom(section.rva).size())});
}

} // namespace hotgate::analyzer
