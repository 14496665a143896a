// Facts of a small module with two redirected functions, and its base image's file, for tests of the lab.
#pragma once

#include "analyzer/facts/database.h"
#include "tests/harness/temporary_folder.h"

#include <array>
#include <cstdint>

namespace hotgate::harness {

// .text: RVA 0x1000, at offset 0x400 of a file of 0x1400 bytes; "Parse" at 0x1010, "Reply" at 0x1107.
struct ExampleFacts {
  static constexpr std::array<uint32_t, 2> functions{0x1010, 0x1107};

  ExampleFacts() {
    std::string file(0x1400, '\xcc');
    for (const uint32_t rva : functions)
      for (uint32_t at = 0; at < 8; ++at)
        file[rva - 0x1000 + 0x400 + at] = static_cast<char>(0x40 + at);
    preImage = folder.write("dhcpsrv.exe", file);
  }

  void write(facts::Database &database) const {
    const auto done = database.execute(R"(
      INSERT INTO image VALUES (1, 'dhcpsrv.exe', 'pre', 'pre/dhcpsrv.exe', 'x64', 1, 2, 65536, 5120, '', 'private');
      INSERT INTO image VALUES (3, 'dhcpsrv.exe', 'hotpatch', 'hotpatch/dhcpsrv.exe', 'x64', 1, 2, 65536, 5120, '', 'private');
      INSERT INTO section VALUES (1, '.text', 4096, 4096, 1024, 4096, 0x60000020);
      INSERT INTO section VALUES (3, '.text', 8192, 4096, 2048, 4096, 0x60000020);
      INSERT INTO function VALUES (10, 1, 0x1010, 32, 'Parse', 'Parse', 'pdb', 6, 2, 0, 0);
      INSERT INTO hotpatch VALUES (3, 1, 64, 1, 0, 0);
      INSERT INTO hotpatch_record VALUES (3, 0, 'function', 0, 0x1107, 0x2000, NULL, NULL);
      INSERT INTO hotpatch_record VALUES (3, 1, 'function', 0, 0x1010, 0x2100, 10, NULL);
      INSERT INTO hotpatch_record VALUES (3, 2, 'absolute', 1, 0x3000, 0x1020, NULL, NULL);
      INSERT INTO predicted_write VALUES
        (3, 0, 'pre', 0x1101, 8, 'redirect', 0x2000, 'Reply', 'cccccccccccc4041', 'cce9????????ebf9'),
        (3, 1, 'pre', 0x100a, 8, 'redirect', 0x2100, 'Parse', 'cccccccccccc4041', 'cce9????????ebf9'),
        (3, 2, 'hotpatch', 0x3000, 8, 'pointer', 0x1020, '__ref_g_leases', '????????????????', '????????????????'),
        (3, 3, 'hotpatch', 0x3010, 8, 'copied', 0x1030, 'kernel32.dll!Sleep', '0000000000000000', '????????????????');
    )");
    if (!done)
      std::abort();
  }

  TemporaryFolder folder;
  std::filesystem::path preImage;
};

} // namespace hotgate::harness
