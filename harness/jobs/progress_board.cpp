// Limits: a line that is longer than the terminal is wide wraps, and leaves a rest behind; texts are cut at 100.
#include "harness/jobs/progress_board.h"

#include "harness/vm/channel.h"

#include <fmt/format.h>

namespace hotgate::harness {
namespace {

constexpr size_t textLimit = 60;
constexpr size_t nameLimit = 40;

std::string_view stepOf(std::string_view text) { return text.substr(0, text.rfind(',')); }

} // namespace

void ProgressBoard::begin(size_t jobs, size_t done) {
  jobs_ = jobs;
  done_ = done;
  if (kind_ == Kind::plain)
    write_(fmt::format("{} jobs, {} of them done before\n", jobs, done));
  draw();
}

void ProgressBoard::step(const std::string &job, std::string_view text) {
  std::string &known = running_[job];
  const std::string shown = printable(text, textLimit);
  if (kind_ == Kind::plain && stepOf(known) != stepOf(shown))
    write_(fmt::format("{}: {}\n", job, shown));
  known = shown;
  draw();
}

void ProgressBoard::ended(const std::string &job, std::string_view how, bool isDone) {
  running_.erase(job);
  done_ += isDone ? 1 : 0;
  const std::string line = fmt::format("{}: {}\n", job, printable(how));
  if (kind_ == Kind::plain) {
    write_(line);
  } else if (kind_ == Kind::terminal) {
    // It scrolls away above the lines of those that run.
    write_(lines_ == 0 ? line : fmt::format("\x1b[{}A\r\x1b[J{}", lines_, line));
    lines_ = 0;
    draw();
  }
}

void ProgressBoard::draw() {
  if (kind_ != Kind::terminal)
    return;
  std::string text = lines_ == 0 ? "" : fmt::format("\x1b[{}A\r\x1b[J", lines_);
  for (const auto &[job, step] : running_)
    text += fmt::format("  {:{}} {}\n", printable(job, nameLimit), nameLimit, step);
  text += fmt::format("  {} of {} jobs done, {} running\n", done_, jobs_, running_.size());
  lines_ = running_.size() + 1;
  write_(text);
}

} // namespace hotgate::harness
