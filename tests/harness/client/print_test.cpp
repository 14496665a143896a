// The print client against a printer in this process, right and wrong in one thing at a time, and against servers that
// are none. (CUPS itself, sound and broken, is tested in a guest.)
#include "harness/client/clients/ipp_message.h"
#include "harness/client/clients/print_client.h"
#include "harness/vm/deadline.h"
#include "tests/harness/client/http_stand_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds patience{8000}; // with a server that answers, on a busy machine
constexpr milliseconds span{500};      // with one that does not
constexpr const char *document = "line 00001 of what Hotgate prints\nline 00002 of what Hotgate prints\n";

// A printer with one job. What a test changes is wrong with it.
struct Printer {
  std::string name = "probe";
  int state = IPP_PSTATE_IDLE;
  bool isAccepting = true;
  std::string format = "application/octet-stream";
  ipp_status_t unknownPrinter = IPP_STATUS_ERROR_NOT_FOUND;
  int jobEnd = IPP_JSTATE_COMPLETED;
  int kibibytes = 1;
  std::string user = "probe";
  bool isHolding = true;
  bool isCanceling = true;
  bool isListing = true;

  std::string received;
  int jobState = IPP_JSTATE_PENDING;
  std::string jobName;

  static IppMessage answer(ipp_status_t status = IPP_STATUS_OK) {
    // An answer has its status where a request has its operation.
    return IppMessage::request(static_cast<ipp_op_t>(status), "ipp://printer", "nobody");
  }

  StandInAnswer handle(const StandInRequest &request) {
    const auto asked = IppMessage::parse(request.body);
    if (!asked)
      return {400, "text/plain", ""};
    IppMessage said = request.path == "/printers/probe" ? operate(*asked, request.body) : answer(unknownPrinter);
    return {200, "application/ipp", said.bytes()};
  }

  IppMessage operate(const IppMessage &asked, const std::string &body) {
    IppMessage said = answer();
    switch (static_cast<ipp_op_t>(asked.status())) {
    case IPP_OP_GET_PRINTER_ATTRIBUTES:
      said.add(IPP_TAG_NAME, "printer-name", name).add("printer-state", state);
      said.add("printer-is-accepting-jobs", isAccepting).add(IPP_TAG_MIMETYPE, "document-format-supported", format);
      break;
    case IPP_OP_CREATE_JOB:
      jobName = asked.text("job-name");
      jobState = isHolding && asked.text("job-hold-until") == "indefinite" ? IPP_JSTATE_HELD : IPP_JSTATE_PENDING;
      said.add("job-id", 7);
      break;
    case IPP_OP_SEND_DOCUMENT:
      received = body.substr(body.size() - std::min(body.size(), std::strlen(document)));
      if (jobState == IPP_JSTATE_PENDING)
        jobState = jobEnd;
      break;
    case IPP_OP_CANCEL_JOB:
      jobState = isCanceling ? IPP_JSTATE_CANCELED : jobState;
      break;
    case IPP_OP_GET_JOB_ATTRIBUTES:
      said.add("job-state", jobState).add(IPP_TAG_NAME, "job-name", jobName).add("job-k-octets", kibibytes);
      said.add(IPP_TAG_NAME, "job-originating-user-name", user);
      break;
    case IPP_OP_GET_JOBS:
      if (isListing && jobState < IPP_JSTATE_CANCELED)
        said.add("job-id", 7);
      break;
    default:
      return answer(IPP_STATUS_ERROR_OPERATION_NOT_SUPPORTED);
    }
    return said;
  }
};

Outcome ask(const OddServer &server, const std::string &exchange, milliseconds limit) {
  const auto client = makePrintClient({.server = "127.0.0.1",
                                       .settings = {{"host", "print.hotgate.test"},
                                                    {"port", std::to_string(server.port())},
                                                    {"path", "/printers/probe"},
                                                    {"printer", "probe"},
                                                    {"user", "probe"},
                                                    {"document_lines", "2"}}});
  EXPECT_TRUE(client) << client.error().message();
  const Deadline begun = Clock::now();
  const Outcome outcome = (*client)->perform(exchange, begun + limit);
  EXPECT_LT(Clock::now(), begun + limit + patience);
  return outcome;
}

Outcome ask(Printer &printer, const std::string &exchange, milliseconds limit = patience) {
  OddServer server(answersHttp([&](const StandInRequest &request) { return printer.handle(request); }));
  return ask(server, exchange, limit);
}

TEST(PrintClient, APrinterThatIsRight) {
  for (const char *exchange : {"attributes", "cancel", "unknown-printer", "print"}) {
    Printer printer;
    EXPECT_EQ(ask(printer, exchange).text, "") << exchange;
    if (exchange == std::string("print"))
      EXPECT_EQ(printer.received, document);
  }
}

struct Wrong {
  const char *name;
  const char *exchange;
  std::function<void(Printer &)> change;
  const char *told;
};
class WrongPrinter : public testing::TestWithParam<Wrong> {};

TEST_P(WrongPrinter, IsToldForWhatItIs) {
  Printer printer;
  GetParam().change(printer);
  const Outcome outcome = ask(printer, GetParam().exchange);
  EXPECT_EQ(outcome.kind, Outcome::Kind::wrong);
  EXPECT_THAT(outcome.text, HasSubstr(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongPrinter,
    testing::Values(
        Wrong{"name", "attributes", [](Printer &printer) { printer.name = "other"; },
              "expected printer-name probe, got other"},
        Wrong{"stopped", "attributes", [](Printer &printer) { printer.state = IPP_PSTATE_STOPPED; }, "got state 5"},
        Wrong{"closed", "attributes", [](Printer &printer) { printer.isAccepting = false; },
              "expected printer-is-accepting-jobs 1, got 0"},
        Wrong{"format", "attributes", [](Printer &printer) { printer.format = "text/plain"; }, "among 1 formats"},
        Wrong{"unknown", "unknown-printer", [](Printer &printer) { printer.unknownPrinter = IPP_STATUS_OK; },
              "expected the status of a printer that is not there client-error-not-found, got successful-ok"},
        Wrong{"aborted", "print", [](Printer &printer) { printer.jobEnd = IPP_JSTATE_ABORTED; },
              "expected job-state 9, got 8"},
        Wrong{"size", "print", [](Printer &printer) { printer.kibibytes = 0; }, "expected job-k-octets 1, got 0"},
        Wrong{"user", "print", [](Printer &printer) { printer.user = "somebody"; },
              "expected job-originating-user-name probe, got somebody"},
        Wrong{"notHeld", "cancel", [](Printer &printer) { printer.isHolding = false; }, "expected job-state 4, got 9"},
        Wrong{"notListed", "cancel", [](Printer &printer) { printer.isListing = false; },
              "is held and not among those that wait"}),
    [](const auto &test) { return test.param.name; });

TEST(PrintClient, AJobThatDoesNotEndIsUnanswered) {
  Printer printer;
  printer.jobEnd = IPP_JSTATE_PROCESSING;
  const Outcome outcome = ask(printer, "print", span);
  EXPECT_EQ(outcome.kind, Outcome::Kind::unanswered) << outcome.text;
  Printer stubborn;
  stubborn.isCanceling = false;
  EXPECT_EQ(ask(stubborn, "cancel", span).kind, Outcome::Kind::unanswered);
}

TEST(PrintClient, ServersThatAreNone) {
  OddServer silent(saysNothing);
  EXPECT_EQ(ask(silent, "print", span).kind, Outcome::Kind::unanswered);
  OddServer floods(floodsWith("garbage, and more garbage"));
  EXPECT_NE(ask(floods, "attributes", span).kind, Outcome::Kind::right);
  OddServer drips([](int connection) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 60000\r\n\r\n";
    send(connection, head.data(), head.size(), MSG_NOSIGNAL);
    while (send(connection, "x", 1, MSG_NOSIGNAL) > 0)
      std::this_thread::sleep_for(milliseconds(20));
  });
  EXPECT_EQ(ask(drips, "attributes", span).kind, Outcome::Kind::unanswered);
}

TEST(PrintClient, AnAnswerIsBounded) {
  OddServer large(answersHttp(
      [](const StandInRequest &) { return StandInAnswer{200, "application/ipp", std::string(1'000'000, 'x')}; }));
  EXPECT_THAT(ask(large, "attributes", patience).text, HasSubstr("a body of more than 65536 bytes"));
  OddServer endless([](int connection) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    send(connection, head.data(), head.size(), MSG_NOSIGNAL);
    floodsWith("Header: and another header\r\n")(connection);
  });
  EXPECT_THAT(ask(endless, "attributes", patience).text, HasSubstr("more than 65536 bytes of headers"));
}

TEST(PrintClient, AMessageThatIsNoneIsWrong) {
  const std::string whole = Printer::answer().bytes();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(IppMessage::parse(whole.substr(0, size))) << size;
  // Collections in collections, as deep as an answer may have them.
  std::string nested("\x02\x00\x00\x00\x00\x00\x00\x01\x02\x34\x00\x01x\x00\x00", 15);
  for (int depth = 0; depth < 4000; ++depth)
    nested += std::string("\x4a\x00\x00\x00\x01y\x34\x00\x00\x00\x00", 11);
  EXPECT_FALSE(IppMessage::parse(nested));
}

} // namespace
} // namespace hotgate::harness
