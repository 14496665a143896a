// Names from the COFF symbol table that GNU linkers leave in an image, and symbol tables that lie.
#include "analyzer/symbols/coff_symbols.h"

#include "tests/analyzer/diff/built_program.h"

#include <fstream>
#include <llvm/Object/COFF.h>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Two source files with a static function and a static variable of the same name.
std::filesystem::path gnuImage(const std::string &operation = "+", const std::string &link = "") {
  const std::string lease = "static volatile int g_counter;\n"
                            "int g_total = 7;\n"
                            "const int g_table[4] = {1, 2, 3, 4};\n"
                            "static __attribute__((noinline)) int helper(int x) { g_counter += x; return g_counter " +
                            operation +
                            " 3; }\n"
                            "__declspec(dllexport) int lease(int x) { return helper(x) + g_total + g_table[x & 3]; }\n"
                            "int __stdcall DllMainCRTStartup(void *a, unsigned b, void *c) { return 1; }\n"
                            "__asm__(\".globl a_label\\na_label:\\n nop\\n nop\\n\");\n";
  const std::string scope = "static volatile int g_counter;\n"
                            "static __attribute__((noinline)) int helper(int x) { g_counter -= x; return g_counter; }\n"
                            "__declspec(dllexport) int scope(int x) { return helper(x); }\n";
  return buildWith(
      {{"lease.c", lease}, {"scope.c", scope}},
      {"x86_64-w64-mingw32-gcc -O2 -ffreestanding -fno-ident -c lease.c scope.c",
       "x86_64-w64-mingw32-ld --no-insert-timestamp -shared -e DllMainCRTStartup -o gnu.dll lease.o scope.o " + link},
      "gnu.dll");
}

Symbols symbolsOf(const std::filesystem::path &path) {
  const auto image = Image::open(path);
  EXPECT_TRUE(image) << image.error().message();
  auto symbols = readCoffSymbols(*image);
  EXPECT_TRUE(symbols) << symbols.error().message();
  return *std::move(symbols);
}

template <class Symbol> std::vector<std::string> named(const std::vector<Symbol> &symbols, const std::string &name) {
  std::vector<std::string> objects;
  for (const Symbol &symbol : symbols)
    if (symbol.name == name)
      objects.push_back(symbol.object);
  return objects;
}

TEST(CoffSymbols, NameFunctionsAndDataAndTheFilesOfStatics) {
  const Symbols symbols = symbolsOf(gnuImage());
  EXPECT_EQ(symbols.level, SymbolLevel::publicOnly);
  EXPECT_EQ(symbols.dropped, 0U);
  EXPECT_THAT(named(symbols.functions, "helper"), UnorderedElementsAre("lease.c", "scope.c"));
  EXPECT_THAT(named(symbols.functions, "lease"), ElementsAre(""));
  EXPECT_THAT(named(symbols.data, "g_counter"), UnorderedElementsAre("lease.c", "scope.c"));
  EXPECT_THAT(named(symbols.data, "g_total"), ElementsAre(""));
  EXPECT_THAT(named(symbols.data, "g_table"), ElementsAre(""));
}

TEST(CoffSymbols, SectionsAndLabelsAreNoFunctions) {
  const Symbols symbols = symbolsOf(gnuImage());
  EXPECT_THAT(named(symbols.functions, ".text"), IsEmpty());
  EXPECT_THAT(named(symbols.functions, "a_label"), IsEmpty());
  EXPECT_THAT(named(symbols.data, ".data"), IsEmpty());
}

TEST(CoffSymbols, AStrippedImageHasNone) {
  const Symbols symbols = symbolsOf(gnuImage("+", "-s"));
  EXPECT_EQ(symbols.level, SymbolLevel::none);
  EXPECT_THAT(symbols.functions, IsEmpty());
}

Program gnuProgram(const std::filesystem::path &path) {
  auto program = Program::build(*Image::open(path), symbolsOf(path));
  EXPECT_TRUE(program) << program.error().message();
  return *std::move(program);
}

TEST(CoffSymbols, PairAChangedFunctionByItsNameAndFile) {
  const Program pre = gnuProgram(gnuImage("+"));
  const Program post = gnuProgram(gnuImage("-"));
  const auto diff = diffPrograms(pre, post);
  ASSERT_TRUE(diff) << diff.error().message();
  std::vector<std::string> changed;
  for (const FunctionDifference &difference : diff->functions)
    if (difference.status != ChangeStatus::identical) {
      EXPECT_EQ(difference.status, ChangeStatus::changed);
      changed.push_back(pre.functions()[*difference.pre].name + " of " + pre.functions()[*difference.pre].object);
    }
  EXPECT_THAT(changed, ElementsAre("helper of lease.c"));
}

// lld's symbol table grows by one symbol and its name.
TEST(CoffSymbols, TheirBytesHaveAnOwnerInTheLedger) {
  const std::string source = "EXPORT int First(int n) { return n * 3; }\n";
  const BuildOptions options{.compile = {"-g0"}, .link = {"/debug:symtab"}};
  const Comparison comparison(buildImage(source, options),
                              buildImage(source + "EXPORT int AnotherFunction(int n) { return n * 5; }\n", options),
                              /*withSymbols=*/false);
  const FileExtent pre = comparison.pre.image().coffSymbolTable();
  const FileExtent post = comparison.post.image().coffSymbolTable();
  EXPECT_GE(post.size, pre.size + sizeof(llvm::object::coff_symbol16) + sizeof("AnotherFunction"));
  EXPECT_GE(comparison.bytes(Cause::symbolTable), post.size - pre.size);
  EXPECT_THAT(comparison.diff.ledger.unattributed, IsEmpty());
}

class DamagedCoffSymbols : public testing::Test {
protected:
  void SetUp() override {
    path = gnuImage();
    const auto image = Image::open(path);
    ASSERT_TRUE(image);
    bytes.assign(image->fileBytes().begin(), image->fileBytes().end());
    table = image->coffSymbolTable();
    count = image->coff().getNumberOfSymbols();
    whole = readCoffSymbols(*image)->functions.size();
  }

  uint8_t *symbol(uint32_t index) { return &bytes[table.offset + index * sizeof(llvm::object::coff_symbol16)]; }

  Result<Symbols> read() {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char *>(bytes.data()), std::ssize(bytes));
    HOTGATE_TRY(const Image image, Image::open(path));
    return readCoffSymbols(image);
  }

  std::filesystem::path path;
  std::vector<uint8_t> bytes;
  FileExtent table;
  uint32_t count = 0;
  size_t whole = 0;
};

TEST_F(DamagedCoffSymbols, ATableThatLeavesTheFileIsRefused) {
  const uint32_t header = llvm::support::endian::read32le(&bytes[0x3C]) + 4;
  llvm::support::endian::write32le(&bytes[header + 12], 0x7fffffff); // NumberOfSymbols
  const auto symbols = read();
  ASSERT_FALSE(symbols);
  EXPECT_EQ(symbols.error().kind, ErrorKind::input);
  EXPECT_THAT(symbols.error().message(),
              AllOf(testing::HasSubstr("not wholly in the file"), testing::HasSubstr("--no-symbols")));
}

TEST_F(DamagedCoffSymbols, AStringTableWithoutAnEndIsRefused) {
  bytes.back() = 'x';
  EXPECT_FALSE(read());
}

TEST_F(DamagedCoffSymbols, AuxiliaryRecordsPastTheEndEndTheTable) {
  symbol(0)[17] = 255; // of .file: more than the table has
  const auto symbols = read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  EXPECT_LE(symbols->functions.size(), whole);
}

TEST_F(DamagedCoffSymbols, SymbolsOutsideTheImageAreDroppedAndCounted) {
  for (uint32_t i = 0; i < count; i += 1U + symbol(i)[17])
    llvm::support::endian::write32le(symbol(i) + 8, 0x7fffffff); // Value
  const auto symbols = read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  EXPECT_THAT(symbols->functions, IsEmpty());
  EXPECT_EQ(symbols->level, SymbolLevel::none);
  EXPECT_GE(symbols->dropped, whole);
}

TEST_F(DamagedCoffSymbols, NamesAndSectionsThatDoNotExistAreDropped) {
  for (uint32_t i = 0; i < count; i += 1U + symbol(i)[17])
    if (i % 2 == 0) {
      llvm::support::endian::write32le(symbol(i), 0);
      llvm::support::endian::write32le(symbol(i) + 4, 0x7fffffff); // offset of the name
    } else {
      llvm::support::endian::write16le(symbol(i) + 12, 999); // section
    }
  const auto symbols = read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  EXPECT_THAT(symbols->functions, IsEmpty());
}

} // namespace
} // namespace hotgate::analyzer::test
