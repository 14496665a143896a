#include "cli/side_by_side.h"

#include "support/printable_text.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace hotgate::cli {

namespace {

constexpr size_t addressWidth = 8;
constexpr size_t mostLines = 4; // of one instruction: a name in it can be of any length

// Breaks at a blank where one stands in the second half of the line.
std::string takeLine(std::string_view &rest, size_t width) {
  size_t end = std::min(rest.size(), width);
  if (end < rest.size())
    if (const size_t blank = rest.substr(0, end + 1).rfind(' '); blank != std::string_view::npos && blank > width / 2)
      end = blank;
  std::string line(rest.substr(0, end));
  rest.remove_prefix(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return line;
}

} // namespace

std::string sideBySide(const analyzer::ListingRow &row, size_t width) {
  const size_t sideWidth = (width - 3) / 2; // a blank, the mark and a blank stand between the sides
  const size_t textWidth = sideWidth - addressWidth - 1;
  const auto textOf = [&](const std::optional<uint32_t> &rva, const std::string &text) {
    const std::string safe = rva ? printable(text) : std::string();
    return shortened(safe, row.differs ? textWidth * mostLines : textWidth);
  };
  const std::string preText = textOf(row.preRva, row.preText);
  const std::string postText = textOf(row.postRva, row.postText);
  std::string_view pre = preText;
  std::string_view post = postText;
  std::string result;
  for (bool isFirst = true; isFirst || !pre.empty() || !post.empty(); isFirst = false) {
    const auto address = [&](const std::optional<uint32_t> &rva) {
      return rva && isFirst ? fmt::format("{:{}x}", *rva, addressWidth) : std::string(addressWidth, ' ');
    };
    std::string line =
        fmt::format("{} {:<{}} {} ", address(row.preRva), takeLine(pre, textWidth), textWidth, row.differs ? '!' : ' ');
    line += fmt::format("{} {}", address(row.postRva), takeLine(post, textWidth));
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + '\n';
  }
  return result;
}

} // namespace hotgate::cli
