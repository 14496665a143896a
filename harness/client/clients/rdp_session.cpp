#include "harness/client/clients/rdp_session.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/server_socket.h"
#include "harness/client/clients/socket_deadline.h"

#include <array>
#include <fcntl.h>
#include <freerdp/freerdp.h>
#include <freerdp/gdi/gdi.h>
#include <freerdp/settings.h>
#include <memory>
#include <openssl/pem.h>
#include <set>
#include <winpr/synch.h>
#include <winpr/wlog.h>

namespace hotgate::harness {
namespace {

constexpr uint32_t width = 800;
constexpr uint32_t height = 600;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate readCertificate(const void *pem, size_t size) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem, static_cast<int>(size)), BIO_free);
  return {PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), X509_free};
}

// What the library's callbacks find behind its own context.
struct Context {
  rdpContext library;
  X509 *trusted;
  bool isOtherServer;  // it showed another certificate
  bool isOtherDesktop; // than the one that was asked for
  bool isPainted;
};

Context &contextOf(freerdp *instance) { return *reinterpret_cast<Context *>(instance->context); }

// 2: for this session; 0: no.
int checkCertificate(freerdp *instance, const BYTE *pem, size_t size, const char *, UINT16, DWORD) {
  Context &context = contextOf(instance);
  const Certificate shown = readCertificate(pem, size);
  context.isOtherServer = !shown || X509_cmp(shown.get(), context.trusted) != 0;
  return context.isOtherServer ? 0 : 2;
}

BOOL endPaint(rdpContext *context) {
  reinterpret_cast<Context *>(context)->isPainted = true;
  return TRUE;
}

// The server decides about the size, and the picture's memory is taken by it.
BOOL refuseDesktop(rdpContext *context) {
  reinterpret_cast<Context *>(context)->isOtherDesktop = true;
  return FALSE;
}

BOOL beginScreen(freerdp *instance) {
  const rdpSettings *settings = instance->context->settings;
  if (freerdp_settings_get_uint32(settings, FreeRDP_DesktopWidth) != width ||
      freerdp_settings_get_uint32(settings, FreeRDP_DesktopHeight) != height)
    return refuseDesktop(instance->context);
  if (!gdi_init(instance, PIXEL_FORMAT_BGRX32))
    return FALSE;
  instance->context->update->EndPaint = endPaint;
  instance->context->update->DesktopResize = refuseDesktop;
  return TRUE;
}

void endScreen(freerdp *instance) { gdi_free(instance); }

struct InstanceEnd {
  void operator()(freerdp *instance) const {
    freerdp_disconnect(instance);
    freerdp_context_free(instance);
    freerdp_free(instance);
  }
};
using Instance = std::unique_ptr<freerdp, InstanceEnd>;

// The library's own way to be given a connected socket: "|" for the host, and the descriptor for the port. It closes
// it.
bool configure(rdpSettings *settings, int socket) {
  return freerdp_settings_set_string(settings, FreeRDP_ServerHostname, "|") &&
         freerdp_settings_set_uint32(settings, FreeRDP_ServerPort, static_cast<UINT32>(socket)) &&
         freerdp_settings_set_string(settings, FreeRDP_Username, "") &&
         freerdp_settings_set_bool(settings, FreeRDP_ExternalCertificateManagement, TRUE) &&
         freerdp_settings_set_bool(settings, FreeRDP_RdpSecurity, FALSE) &&
         freerdp_settings_set_bool(settings, FreeRDP_NlaSecurity, FALSE) &&
         freerdp_settings_set_bool(settings, FreeRDP_TlsSecurity, TRUE) &&
         freerdp_settings_set_uint32(settings, FreeRDP_DesktopWidth, width) &&
         freerdp_settings_set_uint32(settings, FreeRDP_DesktopHeight, height) &&
         freerdp_settings_set_uint32(settings, FreeRDP_ColorDepth, 32);
}

Result<Instance> makeInstance(int socket, X509 *trusted) {
  WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF); // what it says of a hostile server goes nowhere
  freerdp *made = freerdp_new();
  if (made == nullptr)
    return failFault("libfreerdp", "freerdp_new", "gives no instance");
  made->ContextSize = sizeof(Context);
  if (!freerdp_context_new(made)) {
    freerdp_free(made);
    return failFault("libfreerdp", "freerdp_context_new", "gives no context");
  }
  Instance instance(made);
  contextOf(made).trusted = trusted;
  made->VerifyX509Certificate = checkCertificate;
  made->PostConnect = beginScreen;
  made->PostDisconnect = endScreen;
  if (!configure(made->context->settings, socket))
    return failFault("libfreerdp", "settings", "are not taken");
  return instance;
}

Failure refused(freerdp *instance, const char *step, Deadline deadline) {
  const Context &context = contextOf(instance);
  if (context.isOtherServer)
    return wrongAnswer("RDP", "expected the certificate of the role's settings, got another");
  if (context.isOtherDesktop)
    return wrongAnswer("RDP", fmt::format("expected a desktop of {} by {}, got another", width, height));
  if (Clock::now() >= deadline)
    return noAnswer("RDP", fmt::format("{}: not at its end within the deadline", step));
  return wrongAnswer(
      "RDP", fmt::format("{}: {}", step, freerdp_get_last_error_string(freerdp_get_last_error(instance->context))));
}

size_t countColors(const rdpGdi &gdi, size_t limit) {
  std::set<uint32_t> colors;
  const auto *pixels = reinterpret_cast<const uint32_t *>(gdi.primary_buffer);
  const size_t count = size_t{gdi.stride} / sizeof *pixels * static_cast<size_t>(gdi.height);
  for (size_t at = 0; at < count && colors.size() < limit; ++at)
    colors.insert(pixels[at] & 0xFFFFFFU);
  return colors.size();
}

// Takes what the server paints until there are `colors` of them.
Result<size_t> watchScreen(freerdp *instance, size_t colors, Deadline deadline) {
  size_t seen = 0;
  for (;;) {
    if (std::exchange(contextOf(instance).isPainted, false))
      seen = countColors(*instance->context->gdi, colors);
    if (seen >= colors || Clock::now() >= deadline)
      return seen;
    std::array<HANDLE, 64> handles{};
    const DWORD count = freerdp_get_event_handles(instance->context, handles.data(), handles.size());
    if (count == 0)
      return failFault("libfreerdp", "freerdp_get_event_handles", "gives no handles");
    WaitForMultipleObjects(count, handles.data(), FALSE, static_cast<DWORD>(millisecondsUntil(deadline)));
    if (!freerdp_check_event_handles(instance->context) || freerdp_shall_disconnect(instance))
      return refused(instance, "login screen", deadline);
  }
}

} // namespace

Result<LoginScreen> openLoginScreen(const RdpServer &server, size_t colors, Deadline deadline) {
  const Certificate trusted = readCertificate(server.certificate.data(), server.certificate.size());
  if (!trusted)
    return failInput("role file", "settings", "certificate is no certificate", "write it as PEM");
  HOTGATE_TRY(const ServerSocket socket,
              ServerSocket::connect(server.address, server.port, ServerSocket::Transport::tcp, deadline));
  const SocketDeadline limit(socket.descriptor(), deadline);
  HOTGATE_TRY(const Instance instance, makeInstance(fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0), trusted.get()));
  if (!freerdp_connect(instance.get()))
    return refused(instance.get(), "connection", deadline);
  const rdpSettings *settings = instance->context->settings;
  LoginScreen screen{freerdp_settings_get_uint32(settings, FreeRDP_RdpVersion),
                     freerdp_settings_get_uint32(settings, FreeRDP_SelectedProtocol),
                     freerdp_settings_get_uint32(settings, FreeRDP_EncryptionLevel), 0};
  HOTGATE_TRY(screen.colors, watchScreen(instance.get(), colors, deadline));
  return screen;
}

} // namespace hotgate::harness
