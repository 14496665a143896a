// Limits: one request at a time; at most maxRedirections functions in a patch.
#include "harness/guest/process_agent.h"

#include "harness/guest/reply_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

constexpr size_t maxRedirections = 65536;
constexpr size_t maxThreads = 4096;
constexpr size_t maxFrames = 256;
constexpr const char *retry = "the run counts as a lab fault; run it again";

// The agent gives up a little before we do, so that its reason arrives.
int milliseconds(Deadline deadline) { return std::max(millisecondsUntil(deadline) - 500, 1); }

Result<ServiceStatus> serviceStatus(const char *command, const nlohmann::json &reply) {
  ReplyReader reader(command, reply);
  ServiceStatus status;
  status.state = printable(reader.text("state"), 40);
  status.pid = reader.isNull("pid") ? 0 : reader.integer("pid");
  return reader.finish(std::move(status));
}

std::optional<std::vector<uint8_t>> bytesOfHex(std::string_view text) {
  std::vector<uint8_t> bytes;
  if (text.size() % 2 != 0)
    return std::nullopt;
  for (size_t at = 0; at < text.size(); ++at) {
    const char character = text[at];
    const bool isDigit = character >= '0' && character <= '9';
    if (!isDigit && (character < 'a' || character > 'f'))
      return std::nullopt;
    const auto value = static_cast<uint8_t>(isDigit ? character - '0' : character - 'a' + 10);
    if (at % 2 == 0)
      bytes.push_back(static_cast<uint8_t>(value << 4U));
    else
      bytes.back() |= value;
  }
  return bytes;
}

// "apply, status 0xC0000059": the NTSTATUS with which Windows' own loader would refuse, where there is one.
std::string placeOfRefusal(const char *command, const nlohmann::json &reply) {
  const std::string status = textMember(reply, "status");
  return status.empty() ? command : fmt::format("{}, status {}", command, printable(status, 20));
}

const nlohmann::json &objectOrEmpty(const nlohmann::json &value) {
  static const nlohmann::json empty = nlohmann::json::object();
  return value.is_object() ? value : empty;
}

Result<AppliedPatch> appliedPatch(const nlohmann::json &reply) {
  ReplyReader reader("apply", reply);
  AppliedPatch patch;
  patch.moduleBase = reader.address("module_base");
  const nlohmann::json *redirected = reader.find("redirected", &nlohmann::json::is_array);
  if (redirected != nullptr && redirected->size() > maxRedirections)
    reader.refuse(fmt::format("names {} functions, more than {}", redirected->size(), maxRedirections));
  else if (redirected != nullptr)
    for (const nlohmann::json &entry : *redirected) {
      ReplyReader fields("apply", objectOrEmpty(entry));
      Redirection redirection;
      const uint64_t rva = fields.address("rva");
      redirection.rva = static_cast<uint32_t>(rva);
      redirection.thunk = fields.address("thunk");
      if (rva > UINT32_MAX)
        fields.refuse("an RVA has more than 32 bits");
      HOTGATE_CHECK(fields.finish(redirection));
      patch.redirected.push_back(redirection);
    }
  std::sort(patch.redirected.begin(), patch.redirected.end(),
            [](const Redirection &left, const Redirection &right) { return left.rva < right.rva; });
  return reader.finish(std::move(patch));
}

Result<ThreadStack> threadStack(const nlohmann::json &entry) {
  ReplyReader reader("stacks", objectOrEmpty(entry));
  ThreadStack stack;
  stack.thread = reader.integer("tid");
  const nlohmann::json *frames = reader.find("frames", &nlohmann::json::is_array);
  if (frames != nullptr && frames->size() > maxFrames)
    reader.refuse(fmt::format("a thread has {} frames, more than {}", frames->size(), maxFrames));
  else if (frames != nullptr)
    for (const nlohmann::json &each : *frames) {
      ReplyReader frame("stacks", objectOrEmpty(each));
      if (frame.isNull("module") && frame.isNull("rva")) {
        stack.frames.emplace_back();
        continue;
      }
      const uint64_t rva = frame.address("rva");
      if (rva > UINT32_MAX)
        frame.refuse("an RVA has more than 32 bits");
      HOTGATE_TRY(StackFrame read,
                  frame.finish(StackFrame{printable(frame.text("module"), 260), static_cast<uint32_t>(rva)}));
      stack.frames.push_back(std::move(read));
    }
  return reader.finish(std::move(stack));
}

} // namespace

Result<nlohmann::json> ProcessAgent::call(const char *command, nlohmann::json parameters, Deadline deadline) {
  HOTGATE_CHECK(send(command, std::move(parameters), deadline));
  return receive(command, deadline);
}

Result<> ProcessAgent::send(const char *command, nlohmann::json parameters, Deadline deadline) {
  refused_ = false;
  parameters["id"] = ++lastId_;
  parameters["command"] = command;
  return channel_.write(parameters.dump() + "\n", deadline);
}

Result<nlohmann::json> ProcessAgent::receive(const char *command, Deadline deadline) {
  for (;;) {
    HOTGATE_TRY(const std::string line, channel_.readLine(deadline));
    HOTGATE_TRY(nlohmann::json reply, parseReply(channel_.entity(), line));
    const auto replyId = reply.find("id");
    if (replyId == reply.end() || !replyId->is_number_integer() || *replyId > lastId_)
      return failFault(channel_.entity(), command, "answered a request that was never made", retry);
    if (*replyId < lastId_)
      continue; // the late answer to a request whose deadline had passed
    ReplyReader reader(command, reply);
    HOTGATE_TRY(const bool ok, reader.finish(reader.boolean("ok")));
    if (ok)
      return reply;
    HOTGATE_TRY(const std::string error, reader.finish(reader.text("error")));
    refused_ = true;
    return failFault(channel_.entity(), placeOfRefusal(command, reply), printable(error, 1000),
                     "see harness/agent/README.md");
  }
}

Result<> ProcessAgent::ping(Deadline deadline) {
  HOTGATE_CHECK(call("ping", nlohmann::json::object(), deadline));
  return {};
}

Result<bool> ProcessAgent::installService(const std::string &name, const std::string &program,
                                          const std::string &arguments, Deadline deadline) {
  nlohmann::json parameters{{"name", name}, {"program", program}};
  if (!arguments.empty())
    parameters["arguments"] = arguments;
  HOTGATE_TRY(const nlohmann::json reply, call("service-install", std::move(parameters), deadline));
  ReplyReader reader("service-install", reply);
  const bool restarts = reader.boolean("restarts");
  return reader.finish(restarts);
}

Result<ServiceStatus> ProcessAgent::startService(const std::string &name, Deadline deadline) {
  HOTGATE_TRY(const nlohmann::json reply,
              call("service-start", {{"name", name}, {"deadline_ms", milliseconds(deadline)}}, deadline));
  return serviceStatus("service-start", reply);
}

Result<> ProcessAgent::stopService(const std::string &name, Deadline deadline) {
  HOTGATE_CHECK(call("service-stop", {{"name", name}, {"deadline_ms", milliseconds(deadline)}}, deadline));
  return {};
}

Result<> ProcessAgent::deleteService(const std::string &name, Deadline deadline) {
  HOTGATE_CHECK(call("service-delete", {{"name", name}, {"deadline_ms", milliseconds(deadline)}}, deadline));
  return {};
}

Result<ServiceStatus> ProcessAgent::queryService(const std::string &name, Deadline deadline) {
  HOTGATE_TRY(const nlohmann::json reply, call("service-query", {{"name", name}}, deadline));
  return serviceStatus("service-query", reply);
}

Result<ProcessCounters> ProcessAgent::counters(int64_t pid, Deadline deadline) {
  HOTGATE_TRY(const nlohmann::json reply, call("counters", {{"pid", pid}}, deadline));
  ReplyReader reader("counters", reply);
  ProcessCounters counters;
  counters.alive = reader.boolean("alive");
  if (counters.alive) {
    counters.privateBytes = reader.integer("private_bytes");
    counters.threads = reader.integer("threads");
    if (!reader.isNull("handles"))
      counters.handles = reader.integer("handles");
    counters.startTime = reader.integer("start_time");
  } else if (!reader.isNull("exit_code")) {
    counters.exitCode = reader.integer("exit_code");
  }
  return reader.finish(counters);
}

Result<std::vector<ThreadStack>> ProcessAgent::stacks(int64_t pid, Deadline deadline) {
  HOTGATE_TRY(const nlohmann::json reply, call("stacks", {{"pid", pid}}, deadline));
  ReplyReader reader("stacks", reply);
  std::vector<ThreadStack> stacks;
  const nlohmann::json *threads = reader.find("threads", &nlohmann::json::is_array);
  if (threads != nullptr && threads->size() > maxThreads)
    reader.refuse(fmt::format("names {} threads, more than {}", threads->size(), maxThreads));
  else if (threads != nullptr)
    for (const nlohmann::json &entry : *threads) {
      HOTGATE_TRY(ThreadStack stack, threadStack(entry));
      stacks.push_back(std::move(stack));
    }
  return reader.finish(std::move(stacks));
}

Result<> ProcessAgent::beginApply(int64_t pid, const std::string &module, const std::string &image, Deadline deadline) {
  return begin("apply", {{"pid", pid}, {"module", module}, {"image", image}}, deadline);
}

Result<std::optional<AppliedPatch>> ProcessAgent::appliedYet() {
  HOTGATE_TRY(const std::optional<nlohmann::json> reply, answeredYet("apply"));
  if (!reply)
    return std::nullopt;
  HOTGATE_TRY(AppliedPatch patch, appliedPatch(*reply));
  return patch;
}

Result<> ProcessAgent::begin(const char *command, nlohmann::json parameters, Deadline deadline) {
  begunUntil_ = deadline;
  return send(command, std::move(parameters), deadline);
}

Result<std::optional<nlohmann::json>> ProcessAgent::answeredYet(const char *command) {
  if (!channel_.hasInput() && Clock::now() < begunUntil_)
    return std::nullopt;
  HOTGATE_TRY(nlohmann::json reply, receive(command, begunUntil_));
  return reply;
}

Result<> ProcessAgent::undo(int64_t pid, const std::string &module, Deadline deadline) {
  HOTGATE_CHECK(call("undo", {{"pid", pid}, {"module", module}}, deadline));
  return {};
}

Result<AppliedPatch> ProcessAgent::query(int64_t pid, const std::string &module, Deadline deadline) {
  HOTGATE_TRY(const nlohmann::json reply, call("query", {{"pid", pid}, {"module", module}}, deadline));
  return appliedPatch(reply);
}

Result<std::vector<uint8_t>> ProcessAgent::read(int64_t pid, const std::string &module, uint32_t rva, uint32_t size,
                                                Deadline deadline) {
  return readWith("read", {{"pid", pid}, {"module", module}, {"rva", rva}, {"size", size}}, size, deadline);
}

Result<std::vector<uint8_t>> ProcessAgent::readPatch(int64_t pid, const std::string &module, uint32_t rva,
                                                     uint32_t size, Deadline deadline) {
  return readWith("read-patch", {{"pid", pid}, {"module", module}, {"rva", rva}, {"size", size}}, size, deadline);
}

Result<std::vector<uint8_t>> ProcessAgent::readWith(const char *command, nlohmann::json parameters, uint32_t size,
                                                    Deadline deadline) {
  HOTGATE_TRY(const nlohmann::json reply, call(command, std::move(parameters), deadline));
  ReplyReader reader(command, reply);
  auto bytes = bytesOfHex(reader.text("bytes"));
  if (!bytes || bytes->size() != size)
    reader.refuse(fmt::format("did not answer with {} bytes of lower-case hex", size));
  return reader.finish(bytes ? *std::move(bytes) : std::vector<uint8_t>());
}

} // namespace hotgate::harness
