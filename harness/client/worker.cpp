#include "harness/client/worker.h"

#include "harness/client/client_table.h"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <new>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds grace{1000}; // a client that keeps its deadline returns right after it, on a busy machine too
constexpr milliseconds lineTime{200};
constexpr auto forever = std::chrono::hours(24);
constexpr int outOfMemory = 77; // how a worker ends that wants more than workerMemoryMebibytes

// A library that believes a server's lengths gets no more of the host's memory than this, whatever they are: beyond
// what the process has now (a program under a sanitizer has terabytes of shadow memory).
void limitMemory() {
  std::ifstream file("/proc/self/statm");
  rlim_t pages = 0; // the sixth number: data and stack
  for (int field = 0; field < 6; ++field)
    file >> pages;
  const rlim_t most = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (rlim_t{workerMemoryMebibytes} << 20U);
  const rlimit limit{most, most};
  if (!file || setrlimit(RLIMIT_DATA, &limit) != 0)
    _exit(1);
  std::set_new_handler([] { _exit(outOfMemory); });
}

std::string howItEnded(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("died of signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) == outOfMemory)
    return fmt::format("wanted more memory than the {} MiB that an exchange may take", workerMemoryMebibytes);
  return fmt::format("ended with {}", WEXITSTATUS(status));
}

// The worker's life: until its supervisor closes the socket or kills it.
[[noreturn]] void work(const ClientJob &job, int number, FileDescriptor socket) {
  limitMemory();
  // What a library writes to a server that is gone is its error and not our end (libldap says goodbye to a closed
  // connection).
  signal(SIGPIPE, SIG_IGN);
  Channel channel(std::move(socket), "hotgate-client");
  const auto client = makeClient(job.probe, {job.server, job.settings, number});
  if (!client)
    _exit(1);
  for (;;) {
    const auto line = channel.readLine(after(forever));
    const auto request = line ? parseRequest("hotgate-client", *line) : Failure(line.error());
    if (!request)
      _exit(0);
    const auto begin = Clock::now();
    ClientAnswer answer{number, (*client)->perform(request->exchange, begin + request->deadline), 0};
    answer.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    if (!channel.write(answerLine(answer), after(std::chrono::seconds(5))))
      _exit(1);
  }
}

} // namespace

Result<> Worker::start() {
  HOTGATE_TRY(SocketPair sockets, makeSocketPair());
  const pid_t supervisor = getpid();
  pid_ = fork();
  if (pid_ < 0)
    return failFault("hotgate-client", "", fmt::format("cannot start a client: {}", std::strerror(errno)),
                     "end other processes");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
      _exit(1);
    // Nothing of the supervisor's: what takes over a client library must not speak in another's name.
    const int kept = dup2(sockets.theirs.get(), 3);
    close_range(4, ~0U, 0);
    (void)sockets.theirs; // closed or replaced above; this process never returns
    work(job_, number_, FileDescriptor(kept));
  }
  descriptor_ = sockets.ours.get();
  channel_.emplace(std::move(sockets.ours), "client");
  return {};
}

void Worker::begin(const ClientRequest &request) {
  request_ = request;
  begun_ = Clock::now();
  failure_.clear();
  if (pid_ < 0)
    if (auto started = start(); !started) {
      failure_ = started.error().reason;
      return;
    }
  if (auto sent = channel_->write(requestLine(request), after(lineTime)); !sent)
    failure_ = "the client process " + end();
}

Deadline Worker::limit() const { return failure_.empty() ? *begun_ + request_.deadline + grace : *begun_; }

ClientAnswer Worker::unanswered(std::string text) { return {number_, {Outcome::Kind::unanswered, std::move(text)}, 0}; }

ClientAnswer Worker::answer() {
  const bool isOverdue = Clock::now() >= limit();
  begun_.reset();
  if (!failure_.empty())
    return unanswered(std::move(failure_));
  if (isOverdue && !channel_->hasInput()) {
    end();
    return unanswered("the client did not return by its deadline and was ended");
  }
  const auto line = channel_->readLine(after(lineTime));
  auto answer = line ? parseAnswer("client", *line) : Failure(line.error());
  if (answer && answer->client == number_)
    return *std::move(answer);
  return unanswered("the client process " + end());
}

std::string Worker::end() {
  if (pid_ < 0)
    return "is gone";
  int status = 0;
  std::string how = "broke off";
  // Its socket is closed a moment before it can be reaped.
  for (int look = 0; look < 20; ++look) {
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      how = howItEnded(status);
      pid_ = -1;
      break;
    }
    if (look == 0 && channel_ && !channel_->isBroken() && !channel_->hasInput())
      break; // it is alive
    usleep(5000);
  }
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }
  channel_.reset();
  descriptor_ = -1;
  return how;
}

} // namespace hotgate::harness
