// A stand-in for WSUS that speaks [MS-WUSP] as its clients hear it: one detectoid, and behind it one update with one
// file. It checks what it is asked, as the real one does; what a test changes is wrong with it.
#pragma once

#include "tests/harness/client/http_stand_in.h"

namespace hotgate::harness {

struct WsusStandIn {
  std::string plugIn = "SimpleTargeting";
  std::string mostPerRequest = "50";
  std::string cookieData = "c2Vzc2lvbg==";
  std::string expiration = "2030-01-01T00:00:00.000Z";
  std::string updateId = "5F7F2A4B-6F0D-4A6A-9D5B-8D6A5C1F0E77";
  std::string revision = "102";
  std::string truncated = "false";
  std::string errorCode = "InvalidCookie";
  std::string file = "what the update installs";
  std::string digest; // base64 of SHA-1; "" is the right one
  std::string url = "http://wsus.hotgate.test:8530/Content/77/update.cab";
  std::string cabinet; // "" is one that is right
  bool renewsCookie = true;
  bool offersAgain = false;
  bool answersOther = false;         // than what was asked
  bool hasDocumentType = false;      // entities in entities
  std::vector<std::string> requests; // operations, in order

  StandInAnswer answer(const StandInRequest &request);

private:
  [[nodiscard]] StandInAnswer operate(const std::string &operation, const StandInRequest &request) const;
  [[nodiscard]] std::string sync(const std::string &body) const;
};

} // namespace hotgate::harness
