#include "tests/harness/client/wsus_stand_in.h"

#include "harness/guest/base64.h"

#include <fmt/format.h>
#include <openssl/sha.h>

namespace hotgate::harness {
namespace {

constexpr const char *authorizationSpace = "http://www.microsoft.com/SoftwareDistribution/Server/SimpleAuthWebService";
constexpr const char *clientSpace = "http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService";
constexpr const char *authorizationData = "YXV0aG9yaXplZA==";
constexpr const char *lastChange = "2026-11-10T10:00:00.000Z";

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

std::string enveloped(const std::string &content) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope "
         "xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">"
         "<soap:Body>" +
         content + "</soap:Body></soap:Envelope>";
}

StandInAnswer result(const std::string &operation, const std::string &content) {
  const char *space = operation == "GetAuthorizationCookie" ? authorizationSpace : clientSpace;
  return {200, "text/xml; charset=utf-8",
          enveloped(fmt::format("<{0}Response xmlns=\"{1}\"><{0}Result>{2}</{0}Result></{0}Response>", operation, space,
                                content))};
}

StandInAnswer fault(const std::string &code) {
  return {500, "text/xml; charset=utf-8",
          enveloped("<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Fault occurred</faultstring><detail>"
                    "<ErrorCode>" +
                    code + "</ErrorCode><Message></Message></detail></soap:Fault>")};
}

std::string updateInfo(const std::string &revision, const std::string &guid, bool isLeaf) {
  return fmt::format(
      "<UpdateInfo><ID>{}</ID><Deployment><ID>1</ID><Action>Install</Action><IsAssigned>true</IsAssigned>"
      "<LastChangeTime>2026-11-10</LastChangeTime></Deployment><IsLeaf>{}</IsLeaf>"
      "<Xml>&lt;UpdateIdentity UpdateID=\"{}\" RevisionNumber=\"200\" /&gt;&lt;Properties /&gt;</Xml>"
      "</UpdateInfo>",
      revision, isLeaf, guid);
}

std::string rightCabinet() {
  std::string cabinet("MSCF\0\0\0\0\x40\0\0\0", 12);
  cabinet.resize(0x40);
  return cabinet + "signature";
}

std::string digestOf(const std::string &file) {
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char *>(file.data()), file.size(), digest.data());
  return encodeBase64(digest);
}

} // namespace

StandInAnswer WsusStandIn::answer(const StandInRequest &request) {
  if (request.path == "/selfupdate/wuident.cab") {
    requests.emplace_back("self-update");
    return {200, "application/octet-stream", cabinet.empty() ? rightCabinet() : cabinet};
  }
  if (request.path == "/Content/77/update.cab") {
    requests.emplace_back("content");
    return {200, "application/octet-stream", file};
  }
  // SOAPAction: "http://www.microsoft.com/.../GetConfig"
  for (const char *operation :
       {"GetConfig", "GetAuthorizationCookie", "GetCookie", "SyncUpdates", "GetExtendedUpdateInfo"}) {
    const bool isAuthorization = operation == std::string("GetAuthorizationCookie");
    const std::string space = isAuthorization ? authorizationSpace : clientSpace;
    std::string action = fmt::format("soapaction: \"{}/{}\"", space, operation);
    for (char &each : action)
      each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
    const char *path = isAuthorization ? "/SimpleAuthWebService/SimpleAuth.asmx" : "/ClientWebService/client.asmx";
    if (!has(request.head, action))
      continue;
    requests.emplace_back(operation);
    if (request.path != path || !has(request.body, fmt::format("<{} xmlns=\"{}\">", operation, space)))
      return fault("InvalidParameters");
    return operate(operation, request);
  }
  return {404, "text/html", ""};
}

StandInAnswer WsusStandIn::operate(const std::string &operation, const StandInRequest &request) const {
  const std::string &body = request.body;
  if (answersOther)
    return result("RefreshCache", "");
  if (operation == "GetConfig") {
    StandInAnswer said = result(
        operation,
        fmt::format(
            "<LastChange>{}</LastChange><IsRegistrationRequired>false</IsRegistrationRequired><AuthInfo>"
            "<AuthPlugInInfo><PlugInID>{}</PlugInID><ServiceUrl>SimpleAuthWebService/SimpleAuth.asmx</ServiceUrl>"
            "</AuthPlugInInfo></AuthInfo><Properties><ConfigurationProperty><Name>MaxExtendedUpdatesPerRequest"
            "</Name><Value>{}</Value></ConfigurationProperty></Properties>",
            lastChange, plugIn, mostPerRequest));
    if (hasDocumentType)
      said.body = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" +
                  said.body.substr(said.body.find("<soap"));
    return said;
  }
  if (operation == "GetAuthorizationCookie")
    return has(body, "<dnsName>hotgate-0.hotgate.test</dnsName>")
               ? result(operation,
                        fmt::format("<PlugInId>{}</PlugInId><CookieData>{}</CookieData>", plugIn, authorizationData))
               : fault("InvalidParameters");
  const std::string cookie =
      fmt::format("<Expiration>{}</Expiration><EncryptedData>{}</EncryptedData>", expiration, cookieData);
  if (operation == "GetCookie") {
    if (!has(body, authorizationData) || !has(body, fmt::format("<lastChange>{}</lastChange>", lastChange)))
      return fault("InvalidAuthorizationCookie");
    return result(operation, cookie);
  }
  if (!has(body, "<cookie>" + cookie + "</cookie>"))
    return fault(errorCode);
  if (operation == "SyncUpdates")
    return result(operation, sync(body) + fmt::format("<Truncated>{}</Truncated>", truncated) +
                                 (renewsCookie ? "<NewCookie>" + cookie + "</NewCookie>" : ""));
  if (!has(body, fmt::format("<revisionIDs><int>{}</int></revisionIDs>", revision)))
    return fault("InvalidParameters");
  return result(operation, fmt::format("<Updates><Update><ID>{}</ID><Xml>&lt;ExtendedProperties /&gt;</Xml></Update>"
                                       "</Updates><FileLocations><FileLocation><FileDigest>{}</FileDigest><Url>{}</Url>"
                                       "</FileLocation></FileLocations>",
                                       revision, digest.empty() ? digestOf(file) : digest, url));
}

// The detectoid to a client that has nothing, the update to one that has the detectoid.
std::string WsusStandIn::sync(const std::string &body) const {
  const std::string detectoid = updateInfo("101", "59653007-E2E9-4F71-8525-2FF588527978", false);
  const bool hasDetectoid = has(body, "<InstalledNonLeafUpdateIDs><int>101</int>");
  if (!hasDetectoid || offersAgain)
    return "<NewUpdates>" + detectoid + "</NewUpdates>";
  const bool hasUpdate = has(body, fmt::format("<OtherCachedUpdateIDs><int>{}</int>", revision));
  return hasUpdate ? "<NewUpdates />" : "<NewUpdates>" + updateInfo(revision, updateId, true) + "</NewUpdates>";
}

} // namespace hotgate::harness
