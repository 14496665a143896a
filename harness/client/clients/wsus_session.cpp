#include "harness/client/clients/wsus_session.h"

#include "harness/client/clients/client_error.h"
#include "harness/guest/base64.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <set>

namespace hotgate::harness {
namespace {

constexpr size_t answerLimit = size_t{4} << 20U; // a scan's first answer has the core of some hundred updates
constexpr size_t cabinetLimit = size_t{1} << 20U;
constexpr size_t mostUpdates = 10'000;
constexpr long okStatus = 200;
constexpr const char *plugIn = "SimpleTargeting";
constexpr const char *protocolVersion = "1.8";
// As GetConfig names it, and as it is asked.
constexpr std::string_view authorizationName = "SimpleAuthWebService/SimpleAuth.asmx";

constexpr SoapService authorizationService{"/SimpleAuthWebService/SimpleAuth.asmx",
                                           "http://www.microsoft.com/SoftwareDistribution/Server/SimpleAuthWebService"};
constexpr SoapService clientService{"/ClientWebService/client.asmx",
                                    "http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService"};

std::optional<int> integerOf(const std::string &text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<bool> booleanOf(const std::string &text) {
  if (text == "true" || text == "1")
    return true;
  if (text == "false" || text == "0")
    return false;
  return std::nullopt;
}

// The characters of `form` where it has any but '0', which stands for a digit, and 'x', for one of hexadecimal.
bool hasForm(const std::string &text, std::string_view form) {
  const auto fits = [](char character, char wanted) {
    constexpr std::string_view digits = "0123456789abcdefABCDEF";
    if (wanted != '0' && wanted != 'x')
      return character == wanted;
    return digits.substr(0, wanted == '0' ? 10 : digits.size()).find(character) != std::string_view::npos;
  };
  return text.size() == form.size() && std::equal(text.begin(), text.end(), form.begin(), fits);
}

bool isDateTime(const std::string &text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  return text.size() <= 40 && hasForm(text.substr(0, form.size()), form) &&
         text.find_first_not_of("0123456789.:+-Z", form.size()) == std::string::npos;
}

bool isGuid(const std::string &text) { return hasForm(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"); }

bool isBase64(const std::string &text) {
  const auto bytes = decodeBase64(text);
  return bytes && !bytes->empty();
}

std::string arrayOf(const char *name, const std::vector<int> &numbers) {
  return numbers.empty() ? fmt::format("<{} />", name)
                         : fmt::format("<{0}><int>{1}</int></{0}>", name, fmt::join(numbers, "</int><int>"));
}

std::string cookieText(const WsusCookie &cookie) {
  return fmt::format("<cookie><Expiration>{}</Expiration><EncryptedData>{}</EncryptedData></cookie>", cookie.expiration,
                     cookie.data);
}

std::string syncText(const WsusCookie &cookie, const std::vector<int> &installed, const std::vector<int> &other) {
  return cookieText(cookie) + "<parameters><ExpressQuery>false</ExpressQuery>" +
         arrayOf("InstalledNonLeafUpdateIDs", installed) + arrayOf("OtherCachedUpdateIDs", other) +
         "<SkipSoftwareSync>false</SkipSoftwareSync></parameters>";
}

Result<WsusCookie> cookieOf(const std::string &operation, const std::optional<XmlElement> &element) {
  if (!element)
    return wrongAnswer(operation, "expected a cookie, got none");
  WsusCookie cookie{element->text("Expiration"), element->text("EncryptedData")};
  if (!isDateTime(cookie.expiration) || !isBase64(cookie.data))
    return wrongAnswer(operation, fmt::format("expected a cookie with a date and base64, got \"{}\" and {} characters",
                                              cookie.expiration, cookie.data.size()));
  return cookie;
}

// The core of an update's metadata is a text that holds XML: elements without a common root.
Result<WsusUpdate> updateOf(const XmlElement &info) {
  const auto revision = integerOf(info.text("ID"));
  const auto isLeaf = booleanOf(info.text("IsLeaf"));
  if (!revision || *revision <= 0 || !isLeaf)
    return wrongAnswer("SyncUpdates",
                       fmt::format("expected a revision's number and whether it is a leaf, got \"{}\" and "
                                   "\"{}\"",
                                   info.text("ID"), info.text("IsLeaf")));
  HOTGATE_TRY(const XmlDocument core, XmlDocument::parse("SyncUpdates", "<core>" + info.text("Xml") + "</core>"));
  const auto identity = core.root().child("UpdateIdentity");
  std::string guid = identity ? identity->attribute("UpdateID") : "";
  if (!isGuid(guid) || !integerOf(identity->attribute("RevisionNumber")))
    return wrongAnswer(
        "SyncUpdates",
        fmt::format("expected revision {} to say its UpdateID and RevisionNumber, got \"{}\"", *revision, guid));
  std::transform(guid.begin(), guid.end(), guid.begin(), [](unsigned char each) { return std::tolower(each); });
  return WsusUpdate{*revision, guid, *isLeaf};
}

Result<std::string> sha1(const std::string &bytes) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char *>(digest.data()), &size, EVP_sha1(),
                 nullptr) != 1)
    return failFault("OpenSSL", "EVP_Digest", "does not take SHA-1");
  digest.resize(size);
  return digest;
}

// Of "http://wsus:8530/Content/5A/HASH.cab"; "" for anything that a server's address has no need of.
std::string pathOf(const std::string &url) {
  constexpr std::string_view scheme = "http://";
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~%?=&+()";
  const size_t begin = url.starts_with(scheme) ? url.find('/', scheme.size()) : std::string::npos;
  const std::string path = begin == std::string::npos ? "" : url.substr(begin);
  return path.size() <= 1024 && path.find_first_not_of(allowed) == std::string::npos ? path : "";
}

} // namespace

WsusSession::WsusSession(const HttpServer &server, std::string client, Deadline deadline)
    : client_(std::move(client)), http_(server, deadline) {}

Result<SoapAnswer> WsusSession::call(const SoapService &service, const std::string &operation,
                                     const std::string &body) {
  HOTGATE_TRY(SoapAnswer answer, callSoap(http_, service, operation, body, answerLimit));
  if (answer.isFault)
    return wrongAnswer(operation, fmt::format("expected a result, got a fault with ErrorCode \"{}\" and \"{}\"",
                                              soapErrorCode(answer), answer.content.text("faultstring")));
  return answer;
}

Result<WsusConfig> WsusSession::config() {
  const std::string operation = "GetConfig";
  HOTGATE_TRY(const SoapAnswer answer,
              call(clientService, operation, fmt::format("<protocolVersion>{}</protocolVersion>", protocolVersion)));
  const auto result = answer.content.child("GetConfigResult");
  if (!result || !isDateTime(result->text("LastChange")) || !booleanOf(result->text("IsRegistrationRequired")))
    return wrongAnswer(operation, "expected LastChange and IsRegistrationRequired, got neither or what they are not");
  const auto plugIns = result->child("AuthInfo");
  const auto only = plugIns ? plugIns->child("AuthPlugInInfo") : std::nullopt;
  if (!only || plugIns->children().size() != 1 || only->text("PlugInID") != plugIn ||
      !only->text("ServiceUrl").ends_with(authorizationName))
    return wrongAnswer(operation,
                       fmt::format("expected the one plug-in {} at {}, got \"{}\" at \"{}\"", plugIn, authorizationName,
                                   only ? only->text("PlugInID") : "", only ? only->text("ServiceUrl") : ""));
  const auto properties = result->child("Properties");
  int most = 0;
  for (const XmlElement &each : properties ? properties->children("ConfigurationProperty") : std::vector<XmlElement>())
    if (each.text("Name") == "MaxExtendedUpdatesPerRequest")
      most = integerOf(each.text("Value")).value_or(0);
  if (most <= 0)
    return wrongAnswer(operation, "expected a property MaxExtendedUpdatesPerRequest above 0");
  return WsusConfig{result->text("LastChange")};
}

Result<std::string> WsusSession::authorization() {
  const std::string operation = "GetAuthorizationCookie";
  const std::string body =
      fmt::format("<clientId>{0}</clientId><targetGroupName></targetGroupName><dnsName>{0}</dnsName>", client_);
  HOTGATE_TRY(const SoapAnswer answer, call(authorizationService, operation, body));
  const auto result = answer.content.child("GetAuthorizationCookieResult");
  std::string data = result ? result->text("CookieData") : "";
  if (!result || result->text("PlugInId") != plugIn || !isBase64(data))
    return wrongAnswer(operation, fmt::format("expected a cookie of {}, got one of \"{}\" with {} characters", plugIn,
                                              result ? result->text("PlugInId") : "", data.size()));
  return data;
}

Result<WsusCookie> WsusSession::cookie(const WsusConfig &config, const std::string &authorization) {
  const std::string body =
      fmt::format("<authCookies><AuthorizationCookie><PlugInId>{}</PlugInId><CookieData>{}</CookieData>"
                  "</AuthorizationCookie></authCookies><lastChange>{}</lastChange><currentTime>{:%FT%TZ}</currentTime>"
                  "<protocolVersion>{}</protocolVersion>",
                  plugIn, authorization, config.lastChange, fmt::gmtime(std::time(nullptr)), protocolVersion);
  HOTGATE_TRY(const SoapAnswer answer, call(clientService, "GetCookie", body));
  return cookieOf("GetCookie", answer.content.child("GetCookieResult"));
}

Result<WsusSync> WsusSession::sync(const WsusCookie &cookie, const std::vector<int> &installed,
                                   const std::vector<int> &other) {
  HOTGATE_TRY(const SoapAnswer answer, call(clientService, "SyncUpdates", syncText(cookie, installed, other)));
  const auto result = answer.content.child("SyncUpdatesResult");
  const auto isTruncated = result ? booleanOf(result->text("Truncated")) : std::nullopt;
  if (!isTruncated)
    return wrongAnswer("SyncUpdates", "expected a result that says whether it is truncated");
  WsusSync sync;
  sync.isTruncated = *isTruncated;
  sync.cookie = cookie;
  if (const auto renewed = result->child("NewCookie")) {
    HOTGATE_TRY(sync.cookie, cookieOf("SyncUpdates", renewed));
  }
  const auto updates = result->child("NewUpdates");
  std::set<int> revisions;
  for (const XmlElement &info : updates ? updates->children("UpdateInfo") : std::vector<XmlElement>()) {
    HOTGATE_TRY(WsusUpdate update, updateOf(info));
    if (!revisions.insert(update.revision).second || revisions.size() > mostUpdates)
      return wrongAnswer("SyncUpdates", fmt::format("revision {} comes twice, or is more than the {}th",
                                                    update.revision, mostUpdates));
    sync.updates.push_back(std::move(update));
  }
  return sync;
}

Result<std::string> WsusSession::refusedSync(const WsusCookie &cookie) {
  HOTGATE_TRY(const SoapAnswer answer,
              callSoap(http_, clientService, "SyncUpdates", syncText(cookie, {}, {}), answerLimit));
  if (!answer.isFault)
    return wrongAnswer("SyncUpdates", "expected a fault for a cookie that is none, got a result");
  return soapErrorCode(answer);
}

Result<std::vector<WsusFile>> WsusSession::files(const WsusCookie &cookie, int revision) {
  const std::string operation = "GetExtendedUpdateInfo";
  const std::string body = cookieText(cookie) + arrayOf("revisionIDs", {revision}) +
                           "<infoTypes><XmlUpdateFragmentType>Extended</XmlUpdateFragmentType></infoTypes>";
  HOTGATE_TRY(const SoapAnswer answer, call(clientService, operation, body));
  const auto updates = answer.content.find({"GetExtendedUpdateInfoResult", "Updates"});
  if (!updates || updates->children("Update").size() != 1 ||
      updates->child("Update")->text("ID") != std::to_string(revision))
    return wrongAnswer(operation, fmt::format("expected the metadata of revision {} and no other", revision));
  const auto locations = answer.content.find({"GetExtendedUpdateInfoResult", "FileLocations"});
  std::vector<WsusFile> files;
  for (const XmlElement &each : locations ? locations->children("FileLocation") : std::vector<XmlElement>()) {
    constexpr size_t digestSize = 20;
    const auto digest = decodeBase64(each.text("FileDigest"));
    if (!digest || digest->size() != digestSize || pathOf(each.text("Url")).empty())
      return wrongAnswer(operation, fmt::format("expected a file's SHA-1 and address, got \"{}\" and \"{}\"",
                                                each.text("FileDigest"), each.text("Url")));
    files.push_back({*digest, each.text("Url")});
  }
  return files;
}

Result<> WsusSession::download(const WsusFile &file, size_t limit) {
  HOTGATE_TRY(const HttpAnswer answer, http_.get(pathOf(file.url), limit));
  if (answer.status != okStatus)
    return wrongAnswer("content", fmt::format("expected status {}, got {}", okStatus, answer.status));
  HOTGATE_TRY(const std::string digest, sha1(answer.body));
  if (digest != file.digest)
    return wrongAnswer(
        "content", fmt::format("expected the SHA-1 that the server said, got another of {} bytes", answer.body.size()));
  return {};
}

Result<> WsusSession::selfUpdate(const std::string &path) {
  constexpr size_t headerSize = 36; // CFHEADER of MS-CAB, with cbCabinet at 8
  HOTGATE_TRY(const HttpAnswer answer, http_.get(path, cabinetLimit));
  const std::string &cabinet = answer.body;
  size_t size = 0;
  for (size_t at = 11; cabinet.size() >= headerSize && at >= 8; --at)
    size = size << 8U | static_cast<uint8_t>(cabinet[at]);
  // A signature may follow the cabinet.
  if (answer.status != okStatus || !cabinet.starts_with("MSCF") || size < headerSize || size > cabinet.size())
    return wrongAnswer(path, fmt::format("expected a cabinet, got status {} and {} bytes that are none", answer.status,
                                         cabinet.size()));
  return {};
}

} // namespace hotgate::harness
