// The index of a .psf file (express.psf.cix.xml): which file lies where in it, and how it is packed.
//
//   <Container name="..." type="PSF" ...><Files>
//     <File name="COMPONENT\f\dhcpssvc.dll" length="...">
//       <Delta><Source type="RAW" offset="..." length="..."><Hash alg="SHA256" value="..."/></Source></Delta>
//
// RAW is the file as it is (which may itself be a differential), every other type is a differential.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct PsfFile {
  std::string name; // as written
  std::string type; // "RAW", "PA30"
  uint64_t offset = 0;
  uint64_t length = 0;
  std::string sha256; // of the bytes in the .psf, lower case; "" when not given
};

struct PsfIndex {
  std::string container; // name of the .psf, "" when not given
  std::vector<PsfFile> files;
};

// Errors: input, with the line or the file's name, for XML that is damaged or a number that is none.
Result<PsfIndex> readPsfIndex(std::span<const uint8_t> bytes, const std::string &entity);

// The bytes of a RAW file. Errors: input, with the offset, when they leave the .psf or have another hash.
Result<std::span<const uint8_t>> psfBytes(const PsfFile &file, std::span<const uint8_t> psf, const std::string &entity);

} // namespace hotgate::analyzer
