#include "tests/analyzer/diff/built_program.h"

#include "analyzer/symbols/pdb_reader.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hotgate::analyzer::test {

namespace {

constexpr const char *prelude = R"(
#define EXPORT extern "C" __declspec(dllexport)
#define NOINLINE __attribute__((noinline))
extern "C" int _fltused = 0;
extern "C" const unsigned long long _load_config_used[40] = {0x140};
extern "C" int __stdcall _DllMainCRTStartup(void *, unsigned, void *) { return 1; }
)";

struct Target {
  const char *triple;
  const char *dlltool; // machine and options
  const char *link;
};
const std::map<std::string, Target> targets = {
    {"x64", {"x86_64-pc-windows-msvc", "i386:x86-64", ""}},
    {"arm64", {"aarch64-pc-windows-msvc", "arm64", ""}},
    {"x86", {"i686-pc-windows-msvc", "i386 -k", " /safeseh:no"}},
};

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += " " + word;
  return text;
}

void run(const std::filesystem::path &folder, const std::string &command) {
  const std::string inFolder = "cd '" + folder.string() + "' && " + command + " > build.log 2>&1";
  if (std::system(inFolder.c_str()) != 0) {
    std::ifstream log(folder / "build.log");
    ADD_FAILURE() << command << '\n' << log.rdbuf();
  }
}

// All images of one test program lie in one folder, which goes with it.
class BuildFolder : public testing::Environment {
public:
  static const std::filesystem::path &path() {
    static const std::filesystem::path folder = [] {
      std::string name = testing::TempDir() + "/hotgate-built-XXXXXX";
      return std::filesystem::path(::mkdtemp(name.data()));
    }();
    return folder;
  }
  void TearDown() override { std::filesystem::remove_all(path()); }
};

const auto *const registered = testing::AddGlobalTestEnvironment(new BuildFolder);

} // namespace

const char *const someOfEverything = R"(
struct Counter { int hits; int misses; };
Counter g_counter = {3, 4};
extern const int table[6] = {2, 7, 1, 8, 2, 8};
NOINLINE int Mix(int x) { return x * 31 + table[x % 6]; }
NOINLINE int Sum(const int *p, int n) { int s = 0; for (int i = 0; i < n; ++i) s += Mix(p[i]); return s; }
int (*volatile g_callback)(int) = Mix;
EXPORT NOINLINE const char *Name(int x) { return g_callback(x) ? "renew" : "rebind"; }
EXPORT NOINLINE int Count(int x) { int a[8] = {x, x + 1}; switch (x) { case 0: return Mix(1); case 1: return Sum(a, 8);
  case 2: return Mix(9); case 3: return Mix(4) * 2; case 4: return Mix(5) - 1; default: return ++g_counter.hits; } }
)";

std::filesystem::path buildWith(const std::map<std::string, std::string> &files,
                                const std::vector<std::string> &commands, const std::string &result) {
  std::string folderName = BuildFolder::path() / "XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(folderName.data());
  for (const auto &[name, text] : files)
    std::ofstream(folder / name) << text;
  for (const std::string &command : commands)
    run(folder, command);
  return folder / result;
}

std::filesystem::path buildImage(const std::string &source, const BuildOptions &options) {
  std::string folderName = BuildFolder::path() / "XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(folderName.data());
  std::ofstream(folder / "code.cpp") << prelude << source;
  const Target &target = targets.at(options.machine);
  run(folder, std::string("clang++-19 --target=") + target.triple +
                  " -ffreestanding -fno-exceptions -fno-rtti -std=c++20 -O2 -g "
                  "-gcodeview -gno-codeview-command-line -fdebug-compilation-dir=. -ffunction-sections -fdata-sections "
                  "-fms-hotpatch -c code.cpp -o code.obj" +
                  joined(options.compile));
  std::string libraries;
  for (const auto &[dll, names] : options.imports) {
    std::ofstream definition(folder / (dll + ".def"));
    definition << "LIBRARY " << dll << "\nEXPORTS\n";
    for (const std::string &name : names)
      definition << name << '\n';
    definition.close();
    run(folder, std::string("llvm-dlltool-19 -m ") + target.dlltool + " -d " + dll + ".def -l " + dll + ".lib");
    libraries += " " + dll + ".lib";
  }
  run(folder, "lld-link-19 /dll /nodefaultlib /debug /opt:noicf /opt:ref /Brepro /release /pdbaltpath:code.pdb "
              "/pdbsourcepath:. /map:code.map /out:code.dll code.obj" +
                  libraries + target.link + (options.padding ? " /functionpadmin:6" : "") + joined(options.link));
  return folder / "code.dll";
}

std::vector<char> readFile(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path writeMutant(const std::filesystem::path &image, const std::vector<char> &bytes) {
  const auto path = image.parent_path() / "mutant.dll";
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

Program openProgram(const std::filesystem::path &path, bool withSymbols) {
  auto image = Image::open(path);
  EXPECT_TRUE(image) << image.error().message();
  Symbols symbols;
  if (withSymbols) {
    auto read = readPdb(path.parent_path() / "code.pdb", *image);
    EXPECT_TRUE(read) << read.error().message();
    symbols = *std::move(read);
  }
  auto program = Program::build(*std::move(image), std::move(symbols));
  EXPECT_TRUE(program) << program.error().message();
  return *std::move(program);
}

Comparison::Comparison(const std::filesystem::path &preImage, const std::filesystem::path &postImage, bool withSymbols)
    : pre(openProgram(preImage, withSymbols)), post(openProgram(postImage, withSymbols)) {
  auto compared = diffPrograms(pre, post);
  EXPECT_TRUE(compared) << compared.error().message();
  diff = *std::move(compared);
}

std::set<std::string> Comparison::names(ChangeStatus status) const {
  std::set<std::string> result;
  for (const FunctionDifference &difference : diff.functions)
    if (difference.status == status)
      result.insert(difference.pre ? pre.functions()[*difference.pre].name : post.functions()[*difference.post].name);
  return result;
}

const FunctionDifference &Comparison::function(const std::string &name) const {
  for (const FunctionDifference &difference : diff.functions)
    if ((difference.pre && pre.functions()[*difference.pre].name == name) ||
        (difference.post && post.functions()[*difference.post].name == name))
      return difference;
  ADD_FAILURE() << "no function " << name;
  return diff.functions.front();
}

uint64_t Comparison::bytes(Cause cause) const {
  const auto found = diff.ledger.byCause.find(cause);
  return found == diff.ledger.byCause.end() ? 0 : found->second.pre + found->second.post;
}

Comparison compareSources(const std::string &pre, const std::string &post, const BuildOptions &options) {
  return {buildImage(pre, options), buildImage(post, options)};
}

} // namespace hotgate::analyzer::test
