#include "harness/client/clients/print_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/http_session.h"
#include "harness/client/clients/ipp_message.h"

#include <algorithm>
#include <thread>

namespace hotgate::harness {
namespace {

constexpr size_t answerLimit = 65536;
constexpr long okStatus = 200;
constexpr long notFoundStatus = 404;
constexpr const char *anyFormat = "application/octet-stream";

struct PrintSettings {
  HttpServer server;
  std::string path;
  std::string printer;
  std::string user;
  int documentLines = 1000;
};

// The lines are numbered, so that one that is lost or comes twice is seen.
std::string makeDocument(int lines) {
  std::string document;
  for (int line = 1; line <= lines; ++line)
    document += fmt::format("line {:05} of what Hotgate prints\n", line);
  return document;
}

bool isEnd(int state) {
  return state == IPP_JSTATE_CANCELED || state == IPP_JSTATE_ABORTED || state == IPP_JSTATE_COMPLETED;
}

// One printer over one connection.
class Printer {
public:
  Printer(const PrintSettings &settings, std::string path, Deadline deadline)
      : settings_(settings), path_(std::move(path)),
        uri_(fmt::format("ipp://{}:{}{}", settings.server.host, settings.server.port, path_)), deadline_(deadline),
        http_(settings.server, deadline) {}

  [[nodiscard]] IppMessage request(ipp_op_t operation) const {
    return IppMessage::request(operation, uri_, settings_.user);
  }
  [[nodiscard]] IppMessage jobRequest(ipp_op_t operation, int job) const {
    IppMessage message = request(operation);
    message.add("job-id", job);
    return message;
  }

  Result<HttpAnswer> carry(const IppMessage &message, const std::string &document = {}) {
    return http_.post(path_, {"Content-Type: application/ipp"}, message.bytes() + document, answerLimit);
  }

  // An answer of whatever status.
  Result<IppMessage> ask(const IppMessage &message, const std::string &document = {}) {
    HOTGATE_TRY(const HttpAnswer answer, carry(message, document));
    if (answer.status != okStatus || answer.type != "application/ipp")
      return wrongAnswer("IPP", fmt::format("expected status {} with an IPP message, got {} with {}", okStatus,
                                            answer.status, answer.type));
    return IppMessage::parse(answer.body);
  }

  Result<IppMessage> askSuccessfully(const char *what, const IppMessage &message, const std::string &document = {}) {
    HOTGATE_TRY(IppMessage answer, ask(message, document));
    if (!answer.isSuccess())
      return wrongAnswer("IPP", fmt::format("expected {} to succeed, got {}", what, answer.statusText()));
    return answer;
  }

  // A job with its one document; its number.
  Result<int> submit(const std::string &name, bool isHeld, const std::string &document) {
    IppMessage creation = request(IPP_OP_CREATE_JOB);
    creation.add(IPP_TAG_NAME, "job-name", name);
    if (isHeld)
      creation.addToJob(IPP_TAG_KEYWORD, "job-hold-until", "indefinite");
    HOTGATE_TRY(const IppMessage created, askSuccessfully("Create-Job", creation));
    const int job = created.number("job-id").value_or(0);
    if (job <= 0)
      return wrongAnswer("IPP", "expected a job's number, got none");
    IppMessage sending = jobRequest(IPP_OP_SEND_DOCUMENT, job);
    sending.add(IPP_TAG_MIMETYPE, "document-format", anyFormat).add("last-document", true);
    HOTGATE_CHECK(askSuccessfully("Send-Document", sending, document));
    return job;
  }

  Result<IppMessage> job(int number) {
    return askSuccessfully("Get-Job-Attributes", jobRequest(IPP_OP_GET_JOB_ATTRIBUTES, number));
  }

  Result<bool> isWaiting(int number) {
    IppMessage message = request(IPP_OP_GET_JOBS);
    message.add(IPP_TAG_KEYWORD, "which-jobs", "not-completed").add(IPP_TAG_KEYWORD, "requested-attributes", "job-id");
    HOTGATE_TRY(const IppMessage listed, askSuccessfully("Get-Jobs", message));
    const std::vector<int> jobs = listed.numbers("job-id");
    return std::find(jobs.begin(), jobs.end(), number) != jobs.end();
  }

  // Until the job is at its end, whichever.
  Result<IppMessage> awaitEnd(int number) {
    constexpr std::chrono::milliseconds pause{30};
    for (;;) {
      HOTGATE_TRY(IppMessage message, job(number));
      const int state = message.number("job-state").value_or(0);
      if (isEnd(state))
        return message;
      if (Clock::now() + pause >= deadline_)
        return noAnswer("IPP", fmt::format("job {} is in state {} at the deadline", number, state));
      std::this_thread::sleep_for(pause);
    }
  }

private:
  const PrintSettings &settings_;
  std::string path_;
  std::string uri_;
  Deadline deadline_;
  HttpSession http_;
};

Result<> mustBe(const char *what, const std::string &expected, const std::string &got) {
  if (expected != got)
    return wrongAnswer("IPP", fmt::format("expected {} {}, got {}", what, expected, got));
  return {};
}

Result<> mustBe(const char *what, int expected, std::optional<int> got) {
  return mustBe(what, std::to_string(expected), got ? std::to_string(*got) : "none");
}

class PrintClient : public RoleClient {
public:
  PrintClient(PrintSettings settings, int number)
      : settings_(std::move(settings)), number_(number), document_(makeDocument(settings_.documentLines)) {}

  [[nodiscard]] std::vector<std::string> exchanges() const override {
    return {"attributes", "cancel", "print", "unknown-printer"};
  }
  Outcome perform(const std::string &exchange, Deadline deadline) override {
    return outcomeOf(ask(exchange, deadline));
  }

private:
  Result<> ask(const std::string &exchange, Deadline deadline);
  Result<> attributes(Printer printer) const;
  Result<> unknownPrinter(Printer printer) const;
  Result<> print(Printer printer) const;
  Result<> cancel(Printer printer) const;
  [[nodiscard]] std::string jobName() const { return fmt::format("hotgate-{}-{}", number_, turn_); }

  PrintSettings settings_;
  int number_;
  std::string document_;
  uint64_t turn_ = 0;
};

Result<> PrintClient::ask(const std::string &exchange, Deadline deadline) {
  ++turn_;
  if (exchange == "attributes")
    return attributes(Printer(settings_, settings_.path, deadline));
  if (exchange == "unknown-printer")
    return unknownPrinter(Printer(settings_, settings_.path + "-that-is-not", deadline));
  if (exchange == "print")
    return print(Printer(settings_, settings_.path, deadline));
  if (exchange == "cancel")
    return cancel(Printer(settings_, settings_.path, deadline));
  return failInput("print client", "", "knows no exchange " + exchange);
}

Result<> PrintClient::attributes(Printer printer) const {
  HOTGATE_TRY(const IppMessage answer,
              printer.askSuccessfully("Get-Printer-Attributes", printer.request(IPP_OP_GET_PRINTER_ATTRIBUTES)));
  HOTGATE_CHECK(mustBe("printer-name", settings_.printer, answer.text("printer-name")));
  HOTGATE_CHECK(mustBe("printer-is-accepting-jobs", 1, answer.number("printer-is-accepting-jobs")));
  const int state = answer.number("printer-state").value_or(0);
  if (state != IPP_PSTATE_IDLE && state != IPP_PSTATE_PROCESSING)
    return wrongAnswer("IPP", fmt::format("expected a printer that is idle or prints, got state {}", state));
  const std::vector<std::string> formats = answer.texts("document-format-supported");
  if (std::find(formats.begin(), formats.end(), anyFormat) == formats.end())
    return wrongAnswer("IPP", fmt::format("expected {} among {} formats", anyFormat, formats.size()));
  return {};
}

// By IPP, or by HTTP where the printer's address is a page's.
Result<> PrintClient::unknownPrinter(Printer printer) const {
  HOTGATE_TRY(const HttpAnswer answer, printer.carry(printer.request(IPP_OP_GET_PRINTER_ATTRIBUTES)));
  if (answer.status == notFoundStatus)
    return {};
  HOTGATE_TRY(const IppMessage message, IppMessage::parse(answer.body));
  return mustBe("the status of a printer that is not there", ippErrorString(IPP_STATUS_ERROR_NOT_FOUND),
                message.statusText());
}

Result<> PrintClient::print(Printer printer) const {
  constexpr size_t kibibyte = 1024;
  HOTGATE_TRY(const int number, printer.submit(jobName(), false, document_));
  HOTGATE_TRY(const IppMessage job, printer.awaitEnd(number));
  HOTGATE_CHECK(mustBe("job-state", IPP_JSTATE_COMPLETED, job.number("job-state")));
  HOTGATE_CHECK(mustBe("job-name", jobName(), job.text("job-name")));
  HOTGATE_CHECK(mustBe("job-originating-user-name", settings_.user, job.text("job-originating-user-name")));
  const size_t size = (document_.size() + kibibyte - 1) / kibibyte;
  HOTGATE_CHECK(mustBe("job-k-octets", static_cast<int>(size), job.number("job-k-octets")));
  HOTGATE_TRY(const bool isWaiting, printer.isWaiting(number));
  if (isWaiting)
    return wrongAnswer("IPP", fmt::format("job {} is completed and still among those that wait", number));
  return {};
}

Result<> PrintClient::cancel(Printer printer) const {
  HOTGATE_TRY(const int number, printer.submit(jobName(), true, document_));
  HOTGATE_TRY(const IppMessage held, printer.job(number));
  HOTGATE_CHECK(mustBe("job-state", IPP_JSTATE_HELD, held.number("job-state")));
  HOTGATE_TRY(const bool isWaiting, printer.isWaiting(number));
  if (!isWaiting)
    return wrongAnswer("IPP", fmt::format("job {} is held and not among those that wait", number));
  HOTGATE_CHECK(printer.askSuccessfully("Cancel-Job", printer.jobRequest(IPP_OP_CANCEL_JOB, number)));
  HOTGATE_TRY(const IppMessage canceled, printer.awaitEnd(number));
  HOTGATE_CHECK(mustBe("job-state", IPP_JSTATE_CANCELED, canceled.number("job-state")));
  HOTGATE_TRY(const bool isLeft, printer.isWaiting(number));
  if (isLeft)
    return wrongAnswer("IPP", fmt::format("job {} is canceled and still among those that wait", number));
  return {};
}

} // namespace

Result<std::unique_ptr<RoleClient>> makePrintClient(const ClientSetup &setup) {
  PrintSettings read;
  HOTGATE_TRY(read.server, readHttpServer(setup));
  HOTGATE_TRY(read.path, requiredSetting(setup, "path"));
  HOTGATE_TRY(read.printer, requiredSetting(setup, "printer"));
  HOTGATE_TRY(read.user, requiredSetting(setup, "user"));
  HOTGATE_TRY(read.documentLines, requiredNumber(setup, "document_lines", 1, 100'000));
  return std::make_unique<PrintClient>(std::move(read), setup.number);
}

} // namespace hotgate::harness
