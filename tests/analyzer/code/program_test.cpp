// Programs built from source: what an earlier build saves changes nothing, and classes are understood without symbols.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {

namespace {

Program open(const std::filesystem::path &path, const Program *earlier) {
  auto image = Image::open(path);
  EXPECT_TRUE(image) << image.error().message();
  auto program = Program::build(*std::move(image), {}, earlier);
  EXPECT_TRUE(program) << program.error().message();
  return *std::move(program);
}

std::vector<std::tuple<uint32_t, uint32_t, uint32_t, int>> references(const Program &program) {
  std::vector<std::tuple<uint32_t, uint32_t, uint32_t, int>> all;
  for (const Function &function : program.functions())
    for (const Reference &reference : function.references)
      all.emplace_back(reference.instruction, reference.field, reference.target, static_cast<int>(reference.kind));
  return all;
}

TEST(EarlierBuild, SavesDecodingAndChangesNothing) {
  const std::string source = "int g_data[4];\n"
                             "EXPORT int A(int x) { return x * g_data[0]; }\n"
                             "EXPORT int B(int x) { return A(x) + g_data[1]; }\n"
                             "EXPORT double C(double x) { return x * 2.5; }\n";
  const auto pre = buildImage(source);
  const auto post = buildImage("EXPORT int New(int x) { return x / 3; }\n" + source);
  const Program earlier = open(pre, nullptr);
  const Program alone = open(post, nullptr);
  const Program helped = open(post, &earlier);
  ASSERT_EQ(alone.functions().size(), helped.functions().size());
  EXPECT_EQ(references(alone), references(helped));
  for (size_t i = 0; i < alone.functions().size(); ++i) {
    EXPECT_EQ(alone.functions()[i].body, helped.functions()[i].body);
    EXPECT_EQ(alone.functions()[i].firstInstructionSize, helped.functions()[i].firstInstructionSize);
  }
}

// type_info's vtable is the runtime's, which a freestanding image has to make itself.
std::string classes(const std::string &before, const std::string &base) {
  return "extern const void *const typeInfoVtable[2] __asm__(\"??_7type_info@@6B@\");\n"
         "const void *const typeInfoVtable[2] = {&typeInfoVtable, nullptr};\n"
         "inline void *operator new(decltype(sizeof(0)), void *p) { return p; }\n" +
         before +
         "struct Base { virtual int f(int x); int a; };\nint Base::f(int x) { return x + a; }\n"
         "struct Second { virtual int g(int x); int b; };\nint Second::g(int x) { return x - b; }\n"
         "struct Server : " +
         base +
         " { int h(int x); int c; };\n"
         "EXPORT Server *Make(Server *p) { return new (p) Server; }\n";
}

const BuildOptions withTypes{.compile = {"-frtti"}};

TEST(RunTimeTypes, AClassWhoseDataMovedIsNoChange) {
  const auto pre = buildImage(classes("", "Base"), withTypes);
  const auto post = buildImage(classes("struct Early { virtual int e(int x); };\nint Early::e(int x) { return x; }\n"
                                       "EXPORT Early *MakeEarly(Early *p) { return new (p) Early; }\n",
                                       "Base"),
                               withTypes);
  const Comparison c(pre, post, false);
  EXPECT_THAT(c.changed(), testing::IsEmpty());
}

TEST(RunTimeTypes, AnotherBaseClassIsAChange) {
  const Comparison c(buildImage(classes("", "Base"), withTypes), buildImage(classes("", "Second"), withTypes), false);
  EXPECT_THAT(c.changed(), testing::SizeIs(1)) << "the constructor: it alone refers to the class's vtable";
}

} // namespace
} // namespace hotgate::analyzer::test
