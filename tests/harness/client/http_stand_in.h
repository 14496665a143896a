// An HTTP server on the loopback address whose answers a test says: a stand-in for servers that speak a protocol over
// HTTP.
#pragma once

#include "tests/harness/client/odd_server.h"

namespace hotgate::harness {

struct StandInRequest {
  std::string path;
  std::string head; // the whole of it, lower case
  std::string body;
};
struct StandInAnswer {
  int status = 200;
  std::string type;
  std::string body;
};

// A script for OddServer: connections one after the other, any number of requests on each.
std::function<void(int)> answersHttp(std::function<StandInAnswer(const StandInRequest &)> answer);

} // namespace hotgate::harness
