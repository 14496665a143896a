#include "harness/client/clients/soap_service.h"

#include "harness/client/clients/client_error.h"

namespace hotgate::harness {
namespace {

constexpr const char *envelopeSpace = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr long okStatus = 200;
constexpr long faultStatus = 500;

std::string envelope(const SoapService &service, const std::string &operation, const std::string &body) {
  return fmt::format("<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                     "<soap:Envelope xmlns:soap=\"{}\"><soap:Body><{} xmlns=\"{}\">{}</{}></soap:Body></soap:Envelope>",
                     envelopeSpace, operation, service.space, body, operation);
}

} // namespace

Result<SoapAnswer> callSoap(HttpSession &http, const SoapService &service, const std::string &operation,
                            const std::string &body, size_t limit) {
  HOTGATE_TRY(const HttpAnswer answer, http.post(service.path,
                                                 {"Content-Type: text/xml; charset=utf-8",
                                                  fmt::format("SOAPAction: \"{}/{}\"", service.space, operation)},
                                                 envelope(service, operation, body), limit));
  if ((answer.status != okStatus && answer.status != faultStatus) || answer.type != "text/xml")
    return wrongAnswer(operation, fmt::format("expected status {} with text/xml, got {} with {}", okStatus,
                                              answer.status, answer.type));
  HOTGATE_TRY(XmlDocument document, XmlDocument::parse(operation, answer.body));
  const XmlElement root = document.root();
  const auto inside = root.child("Body");
  if (root.name() != "Envelope" || root.space() != envelopeSpace || !inside || inside->children().size() != 1)
    return wrongAnswer(operation, "expected a SOAP envelope with one element, got " + root.name());
  const XmlElement content = inside->children().front();
  const bool isFault = content.name() == "Fault" && content.space() == envelopeSpace;
  if (!isFault && (content.name() != operation + "Response" || content.space() != service.space))
    return wrongAnswer(operation, fmt::format("expected {}Response, got {}", operation, content.name()));
  return SoapAnswer{std::move(document), isFault, content};
}

std::string soapErrorCode(const SoapAnswer &fault) {
  const auto detail = fault.content.child("detail");
  return detail ? detail->text("ErrorCode") : "";
}

} // namespace hotgate::harness
