// stand_in_job FOLDER ATTEMPT INPUT REPORTS: does what `hotgate lab job` does to a job's folder, with a guest that only
// sleeps; so that a harness can be killed many times in a second. Every third job's first attempt is a lab fault. The
// attempt's reason is a word that no other attempt has: an attempt that ran twice shows by another word.
#include "harness/jobs/job_folder.h"
#include "harness/vm/child_process.h"

#include <ctime>
#include <fstream>
#include <random>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace hotgate::harness;

int main(int argc, char **argv) {
  if (argc != 5)
    return 4;
  const JobFolder folder(argv[1]);
  const size_t number = std::stoul(argv[2]);
  const std::string input = argv[3];
  const int reports = std::stoi(argv[4]);
  const auto lock = folder.lock(after(std::chrono::seconds(30)));
  if (!lock)
    return 6;
  const auto ended = folder.beginAttempt(number, input);
  if (!ended || *ended)
    return ended ? 0 : 6;
  // Its command line names the folder: the test looks for what is left of it.
  auto guest = ChildProcess::start({.arguments = {"sh", "-c", "sleep 1000; :", argv[1]}});
  if (!guest)
    return 6;
  std::random_device random;
  for (int step = 0; step < 4; ++step) {
    const std::string line = "step " + std::to_string(step) + "\n";
    (void)send(reports, line.data(), line.size(), MSG_NOSIGNAL);
    std::ofstream(folder.attemptFolder(number) / "facts.sqlite", std::ios::app) << line;
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 12));
  }
  const bool isThird = std::hash<std::string>()(input) % 3 == 0;
  const bool isFault = isThird && number == 1;
  const std::string word = fmt::format("{:08x}{:08x}", random(), random());
  const Attempt attempt{isFault ? AttemptEnd::labFault : AttemptEnd::judged, isFault ? "incomplete" : "approve", word,
                        0, ""};
  return folder.endAttempt(number, input, attempt) ? 0 : 6;
}
