#include "tests/harness/client/http_stand_in.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

// What was read of a connection and not used yet.
class Input {
public:
  explicit Input(int connection) : connection_(connection) {}

  std::optional<std::string> upTo(const std::string &end) {
    size_t at = 0;
    while ((at = bytes_.find(end)) == std::string::npos)
      if (!more())
        return std::nullopt;
    return take(at + end.size());
  }
  std::optional<std::string> exactly(size_t size) {
    while (bytes_.size() < size)
      if (!more())
        return std::nullopt;
    return take(size);
  }

private:
  bool more() {
    std::array<char, 4096> buffer{};
    const ssize_t count = recv(connection_, buffer.data(), buffer.size(), 0);
    bytes_.append(buffer.data(), count > 0 ? static_cast<size_t>(count) : 0);
    return count > 0;
  }
  std::string take(size_t size) {
    std::string taken = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return taken;
  }

  int connection_;
  std::string bytes_;
};

std::optional<StandInRequest> readRequest(Input &input) {
  const auto head = input.upTo("\r\n\r\n");
  if (!head)
    return std::nullopt;
  StandInRequest request;
  const size_t begin = head->find(' ') + 1;
  request.path = head->substr(begin, head->find(' ', begin) - begin);
  request.head = *head;
  std::transform(head->begin(), head->end(), request.head.begin(),
                 [](unsigned char each) { return std::tolower(each); });
  const size_t length = request.head.find("content-length: ");
  if (length == std::string::npos)
    return request;
  const auto body = input.exactly(std::stoul(request.head.substr(length + 16)));
  if (!body)
    return std::nullopt;
  request.body = *body;
  return request;
}

} // namespace

std::function<void(int)> answersHttp(std::function<StandInAnswer(const StandInRequest &)> answer) {
  return [answer = std::move(answer)](int connection) {
    Input input(connection);
    while (const auto request = readRequest(input)) {
      const StandInAnswer said = answer(*request);
      const std::string bytes = fmt::format("HTTP/1.1 {} Said\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                                            said.status, said.type, said.body.size(), said.body);
      if (send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
        return;
    }
  };
}

} // namespace hotgate::harness
