// A web service over SOAP 1.1 (document style), as ASP.NET's of WSUS are.
#pragma once

#include "harness/client/clients/http_session.h"
#include "harness/client/clients/xml_document.h"

namespace hotgate::harness {

struct SoapService {
  const char *path;  // "/ClientWebService/client.asmx"
  const char *space; // the namespace of its elements; the operation's name behind it is the SOAPAction
};

// What an operation answered: its OPERATIONResponse element, or a fault.
struct SoapAnswer {
  XmlDocument document;
  bool isFault = false;
  XmlElement content;
};

// `body` is XML of the service's namespace. Errors are those of client_error.h; a fault is none.
Result<SoapAnswer> callSoap(HttpSession &http, const SoapService &service, const std::string &operation,
                            const std::string &body, size_t limit);

// "InvalidCookie" of <detail><ErrorCode>; "" when the fault has none.
std::string soapErrorCode(const SoapAnswer &fault);

} // namespace hotgate::harness
