#include "harness/client/clients/security_context.h"

#include "harness/client/clients/client_error.h"

#include <gssapi/gssapi_krb5.h>
#include <utility>

namespace hotgate::harness {
namespace {

std::string textOf(OM_uint32 major, OM_uint32 minor) {
  std::string text;
  for (const auto &[status, kind] : {std::pair(major, GSS_C_GSS_CODE), std::pair(minor, GSS_C_MECH_CODE)}) {
    OM_uint32 more = 0;
    OM_uint32 ignored = 0;
    gss_buffer_desc line = GSS_C_EMPTY_BUFFER;
    gss_display_status(&ignored, status, kind, gss_mech_krb5, &more, &line);
    if (line.length != 0)
      text += (text.empty() ? "" : ": ") + std::string(static_cast<const char *>(line.value), line.length);
    gss_release_buffer(&ignored, &line);
  }
  return text;
}

gss_buffer_desc bufferOf(const std::string &bytes) { return {bytes.size(), const_cast<char *>(bytes.data())}; }

std::string take(gss_buffer_desc &buffer) {
  std::string bytes(static_cast<const char *>(buffer.value), buffer.length);
  OM_uint32 ignored = 0;
  gss_release_buffer(&ignored, &buffer);
  return bytes;
}

} // namespace

SecurityContext::SecurityContext(SecurityContext &&other) noexcept
    : credential_(std::exchange(other.credential_, GSS_C_NO_CREDENTIAL)),
      target_(std::exchange(other.target_, GSS_C_NO_NAME)), context_(std::exchange(other.context_, GSS_C_NO_CONTEXT)),
      complete_(other.complete_) {}

SecurityContext::~SecurityContext() {
  OM_uint32 ignored = 0;
  gss_delete_sec_context(&ignored, &context_, GSS_C_NO_BUFFER);
  gss_release_name(&ignored, &target_);
  gss_release_cred(&ignored, &credential_);
}

Result<SecurityContext> SecurityContext::open(const Kerberos &kerberos, const std::string &service) {
  SecurityContext context;
  OM_uint32 minor = 0;
  OM_uint32 major = gss_krb5_import_cred(&minor, kerberos.tickets(), nullptr, nullptr, &context.credential_);
  if (major != GSS_S_COMPLETE)
    return failFault("libgssapi_krb5", "gss_krb5_import_cred", textOf(major, minor));
  const std::string name = service + "@" + kerberos.realm();
  gss_buffer_desc buffer = bufferOf(name);
  major = gss_import_name(&minor, &buffer, GSS_KRB5_NT_PRINCIPAL_NAME, &context.target_);
  if (major != GSS_S_COMPLETE)
    return failInput("role file", "settings", fmt::format("{} is no principal: {}", service, textOf(major, minor)));
  return context;
}

Result<std::string> SecurityContext::step(const std::string &theirs) {
  gss_buffer_desc input = bufferOf(theirs);
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor = 0;
  OM_uint32 flags = 0;
  const OM_uint32 major = gss_init_sec_context(&minor, credential_, &context_, target_, gss_mech_krb5,
                                               GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_INTEG_FLAG, 0,
                                               GSS_C_NO_CHANNEL_BINDINGS, &input, nullptr, &output, &flags, nullptr);
  std::string ours = take(output);
  if (GSS_ERROR(major))
    return wrongAnswer("GSSAPI", textOf(major, minor));
  complete_ = major == GSS_S_COMPLETE;
  if (complete_ && (flags & GSS_C_MUTUAL_FLAG) == 0)
    return wrongAnswer("GSSAPI", "the server did not prove who it is");
  return ours;
}

Result<std::string> SecurityContext::declineSecurityLayer(const std::string &offer) {
  constexpr uint8_t noLayer = 1;
  gss_buffer_desc input = bufferOf(offer);
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor = 0;
  OM_uint32 major = gss_unwrap(&minor, context_, &input, &output, nullptr, nullptr);
  const std::string layers = take(output);
  if (major != GSS_S_COMPLETE)
    return wrongAnswer("GSSAPI", "the offer of security layers: " + textOf(major, minor));
  if (layers.size() != 4 || (static_cast<uint8_t>(layers[0]) & noLayer) == 0)
    return wrongAnswer("GSSAPI",
                       fmt::format("expected an offer without a security layer, got {} bytes", layers.size()));
  const std::string choice{char{noLayer}, 0, 0, 0};
  gss_buffer_desc chosen = bufferOf(choice);
  major = gss_wrap(&minor, context_, 0, GSS_C_QOP_DEFAULT, &chosen, nullptr, &output);
  std::string ours = take(output);
  if (major != GSS_S_COMPLETE)
    return failFault("libgssapi_krb5", "gss_wrap", textOf(major, minor));
  return ours;
}

} // namespace hotgate::harness
