// make_hotpatch: makes a hotpatch image from a base build, a post build and lld's map files. Usage: README.md.
//
// It stands in for the vendor's tool chain, so that the corpus has hotpatch images with known contents. Names and
// addresses come from the linker's own maps, never from the analyzer: the analyzer is what these images test.
#include "corpus/tools/make_hotpatch.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

namespace {

using hotgate::Result;

// One name a line; empty lines and lines that begin with # do not count.
Result<> addNamesOf(const std::string &path, std::vector<std::string> &names) {
  std::ifstream file(path);
  if (!file)
    return hotgate::failInput(path, "", "cannot be read", "check --functions");
  for (std::string line; std::getline(file, line);) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#')
      continue;
    names.push_back(line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1));
  }
  return {};
}

// Through a temporary name, so that a failure leaves no half-written image.
Result<> writeFile(const std::filesystem::path &path, const std::vector<uint8_t> &bytes) {
  const std::filesystem::path temporary = path.string() + ".part";
  std::ofstream file(temporary, std::ios::binary);
  file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code error;
  if (file)
    std::filesystem::rename(temporary, path, error);
  if (!file || error) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    return hotgate::failFault(path.string(), "", "cannot be written", "check the folder and the space on the disk");
  }
  return {};
}

Result<> run(hotgate::corpus::HotpatchRequest request, const std::string &listFile, const std::string &out) {
  if (!listFile.empty())
    HOTGATE_CHECK(addNamesOf(listFile, request.functions));
  HOTGATE_TRY(const auto image, hotgate::corpus::makeHotpatch(request));
  return writeFile(out, image);
}

} // namespace

int main(int argc, char **argv) {
  hotgate::corpus::HotpatchRequest request;
  std::string listFile;
  std::string out;
  CLI::App app("Makes a hotpatch image from a base build and a post build", "make_hotpatch");
  app.add_option("--base", request.base, "The image that will be patched")->required();
  app.add_option("--base-map", request.baseMap, "Its map, written by lld")->required();
  app.add_option("--post", request.post, "The image built from the fixed source")->required();
  app.add_option("--post-map", request.postMap, "Its map, written by lld")->required();
  app.add_option("--function", request.functions, "A function to redirect, decorated or not; repeat for more");
  app.add_option("--functions", listFile, "A file with one function a line");
  app.add_option("--sequence", request.sequence, "Sequence number of the patch, from 1")->required();
  app.add_option("--version", request.version, "Version of the metadata, 1 to 4")->capture_default_str();
  app.add_option("--extra-patch-size", request.extraPatchSize,
                 "32-bit values of the function's original bytes in each FUNCTION record")
      ->check(CLI::Range(0, 64));
  app.add_option("--out", out, "The hotpatch image")->required();
  CLI11_PARSE(app, argc, argv);

  if (const auto done = run(std::move(request), listFile, out); !done) {
    std::fprintf(stderr, "make_hotpatch: %s\n", done.error().message().c_str());
    return done.error().kind == hotgate::ErrorKind::usage ? 4 : done.error().kind == hotgate::ErrorKind::input ? 5 : 6;
  }
  return 0;
}
