#include "analyzer/image/lief_reader.h"

#include <LIEF/PE.hpp>
#include <LIEF/logging.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/ConvertUTF.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hotgate::analyzer {

namespace {

constexpr rlim_t cpuSeconds = 20;
constexpr size_t maxAnswer = size_t{16} << 20;

std::string utf8(const std::u16string &text) {
  std::string converted;
  const llvm::ArrayRef<llvm::UTF16> units(reinterpret_cast<const llvm::UTF16 *>(text.data()), text.size());
  return llvm::convertUTF16ToUTF8String(units, converted) ? converted : "(not UTF-16)";
}

std::string versionText(uint32_t high, uint32_t low) {
  return fmt::format("{}.{}.{}.{}", high >> 16, high & 0xFFFFU, low >> 16, low & 0xFFFFU);
}

nlohmann::json versionOf(const LIEF::PE::ResourceVersion &resource) {
  nlohmann::json version{{"file", ""}, {"product", ""}, {"strings", nlohmann::json::object()}};
  if (resource.has_fixed_file_info()) {
    const auto &fixed = resource.fixed_file_info();
    version["file"] = versionText(fixed.file_version_MS(), fixed.file_version_LS());
    version["product"] = versionText(fixed.product_version_MS(), fixed.product_version_LS());
  }
  if (resource.has_string_file_info())
    for (const auto &language : resource.string_file_info().langcode_items())
      for (const auto &[name, value] : language.items())
        version["strings"][utf8(name)] = utf8(value);
  return version;
}

// In the child. Everything that LIEF finds, as JSON text.
std::string askLief(const std::string &path) {
  LIEF::Logger::disable();
  const auto binary = LIEF::PE::Parser::parse(path);
  nlohmann::json answer{
      {"rich", nlohmann::json::array()}, {"authenticode", binary->has_signature()}, {"tls", nlohmann::json::array()}};
  if (binary->has_resources()) {
    const auto resources = binary->resources_manager();
    if (resources.has_version())
      answer["version"] = versionOf(resources.version());
  }
  if (binary->has_rich_header())
    for (const LIEF::PE::RichEntry &entry : binary->rich_header().entries())
      answer["rich"].push_back({entry.id(), entry.build_id(), entry.count()});
  if (binary->has_tls())
    answer["tls"] = binary->tls().callbacks();
  return answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void limitChild() {
  const rlimit cpu{cpuSeconds, cpuSeconds};
  ::setrlimit(RLIMIT_CPU, &cpu);
  const rlimit noCore{0, 0};
  ::setrlimit(RLIMIT_CORE, &noCore);
#if !__has_feature(address_sanitizer) // whose shadow memory alone is larger
  constexpr rlim_t bytes = rlim_t{2} << 30;
  const rlimit memory{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
}

[[noreturn]] void runChild(int answerPipe, const std::string &path) {
  limitChild();
  int status = 0;
  std::string answer;
  try {
    answer = askLief(path);
  } catch (const std::exception &error) {
    answer = error.what();
    status = 1;
  } catch (...) {
    answer = "an unknown exception";
    status = 1;
  }
  for (std::string_view rest = answer; !rest.empty();) {
    const ssize_t written = ::write(answerPipe, rest.data(), rest.size());
    if (written < 0 && errno != EINTR)
      ::_exit(2);
    rest.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
  ::_exit(status);
}

struct ChildAnswer {
  std::string text;
  int status = 0; // as waitpid gives it
};

std::string readAll(int pipe) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() < maxAnswer) {
    const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
    if (got == 0 || (got < 0 && errno != EINTR))
      break;
    text.append(buffer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0)));
  }
  return text;
}

Result<ChildAnswer> askInChild(const std::string &path) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return failFault(path, "", fmt::format("no pipe to a LIEF process: {}", std::strerror(errno)));
  const pid_t child = ::fork();
  if (child < 0) {
    const int error = errno;
    ::close(pipe[0]);
    ::close(pipe[1]);
    return failFault(path, "", fmt::format("no process for LIEF: {}", std::strerror(error)));
  }
  if (child == 0)
    runChild(pipe[1], path);
  ::close(pipe[1]);
  ChildAnswer answer{.text = readAll(pipe[0])};
  ::close(pipe[0]);
  while (::waitpid(child, &answer.status, 0) < 0 && errno == EINTR) {
  }
  return answer;
}

LiefFacts factsOf(const nlohmann::json &answer) {
  LiefFacts facts;
  facts.hasAuthenticode = answer.at("authenticode").get<bool>();
  facts.tlsCallbacks = answer.at("tls").get<std::vector<uint64_t>>();
  for (const auto &entry : answer.at("rich"))
    facts.richTools.push_back({.product = entry.at(0), .build = entry.at(1), .objects = entry.at(2)});
  if (answer.contains("version")) {
    VersionResource version{
        .fileVersion = answer["version"].at("file"), .productVersion = answer["version"].at("product"), .strings = {}};
    for (const auto &[name, value] : answer["version"].at("strings").items())
      version.strings.emplace_back(name, value.get<std::string>());
    facts.version = std::move(version);
  }
  return facts;
}

} // namespace

Result<LiefFacts> readWithLief(const Image &image) {
  const std::string path = image.path().string();
  HOTGATE_TRY(const ChildAnswer answer, askInChild(path));
  if (WIFSIGNALED(answer.status))
    return failInput(path, "",
                     fmt::format("LIEF was ended by signal {} ({}) on this image", WTERMSIG(answer.status),
                                 strsignal(WTERMSIG(answer.status))),
                     "its resources, rich header or TLS directory are damaged");
  if (answer.status != 0)
    return failInput(path, "", "LIEF fails on this image: " + answer.text,
                     "its resources, rich header or TLS directory are damaged");
  try {
    return factsOf(nlohmann::json::parse(answer.text));
  } catch (const nlohmann::json::exception &error) {
    return failFault(path, "", fmt::format("the LIEF process gave no usable answer: {}", error.what()));
  }
}

} // namespace hotgate::analyzer
