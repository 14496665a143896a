// One client of an update server, as [MS-WUSP] has it: the messages of a scan, each checked for what the specification
// says must be in it.
//
// Limits: HTTP, no client that must register first, no drivers. Every update that is no leaf is said to be installed,
// and a server refuses more than some hundred of them: the lab's should synchronize one product.
#pragma once

#include "harness/client/clients/http_session.h"
#include "harness/client/clients/soap_service.h"

#include <vector>

namespace hotgate::harness {

struct WsusConfig {
  std::string lastChange; // xs:dateTime
};
struct WsusCookie {
  std::string expiration;
  std::string data; // base64
};
struct WsusUpdate {
  int revision = 0;     // the server's own number of it
  std::string identity; // the update's GUID, lower case
  bool isLeaf = false;
};
struct WsusSync {
  std::vector<WsusUpdate> updates;
  bool isTruncated = false;
  WsusCookie cookie; // for the next
};
struct WsusFile {
  std::string digest; // SHA-1, 20 bytes
  std::string url;
};

class WsusSession {
public:
  // `client` is the machine's name, which no two clients share.
  WsusSession(const HttpServer &server, std::string client, Deadline deadline);

  // Errors of all are those of client_error.h.
  Result<WsusConfig> config();
  Result<std::string> authorization(); // the authorization cookie's data, base64
  Result<WsusCookie> cookie(const WsusConfig &config, const std::string &authorization);
  // `installed`: revisions that are no leaves, and that the client has; `other`: the other ones.
  Result<WsusSync> sync(const WsusCookie &cookie, const std::vector<int> &installed, const std::vector<int> &other);
  // The code of the fault with which the server refuses that cookie.
  Result<std::string> refusedSync(const WsusCookie &cookie);
  Result<std::vector<WsusFile>> files(const WsusCookie &cookie, int revision);
  // Its content, with the digest checked; only this server is asked, whatever the URL says.
  Result<> download(const WsusFile &file, size_t limit);
  // A file of the tree with which clients update themselves: a cabinet.
  Result<> selfUpdate(const std::string &path);

private:
  // The answer to an operation that must succeed.
  Result<SoapAnswer> call(const SoapService &service, const std::string &operation, const std::string &body);

  std::string client_;
  HttpSession http_;
};

} // namespace hotgate::harness
