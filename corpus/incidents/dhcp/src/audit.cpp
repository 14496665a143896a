// The audit log: see audit.h.
#include "audit.h"

#include "packet.h"
#include "server.h"
#include "text.h"

static constexpr size_t lineCapacity = 512;
#if KB_SMALL_LEAK
static constexpr size_t keptBytes = 240; // 256 with the heap's own
#endif
#if KB_SLOW_AUDIT
static constexpr DWORD auditPauseMilliseconds = 15;
#endif

// A request's line may hold 255 bytes of relay information in hexadecimal: too much for a worker's stack.
struct AuditRecord {
  char text[2048];
};

static constexpr char logHead[] =
    "\t\tHotgate DHCP Service Activity Log, build " BUILD_NUMBER "\r\n\r\n"
    "Event ID  Meaning\r\n"
    "00\tThe log was started.\r\n01\tThe log was stopped.\r\n10\tA new IP address was leased to a client.\r\n"
    "11\tA lease was renewed by a client.\r\n12\tA lease was released by a client.\r\n"
    "13\tAn IP address was found to be in use on the network.\r\n"
    "14\tA lease request could not be satisfied because the address pool of the scope was exhausted.\r\n"
    "15\tA lease was denied.\r\n17\tA lease was expired.\r\n55\tThe server is serving.\r\n\r\n"
    "ID,Date,Time,Description,IP Address,Host Name,MAC Address,TransactionID,RelayAgentInformation\r\n";

bool OpenAudit(Server *server) {
  server->auditFile = CreateFileA(server->configuration.audit, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                  nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (server->auditFile == INVALID_HANDLE_VALUE)
    return false;
  DWORD written = 0;
  if (SetFilePointer(server->auditFile, 0, nullptr, FILE_END) == 0)
    WriteFile(server->auditFile, logHead, sizeof logHead - 1, &written, nullptr);
  return true;
}

static void BeginLine(TextBuffer *line, uint32_t id, const char *description, uint32_t address) {
  SYSTEMTIME now;
  GetLocalTime(&now);
  AppendNumber(line, id, 2);
  AppendCharacter(line, ',');
  AppendNumber(line, now.wMonth, 2);
  AppendCharacter(line, '/');
  AppendNumber(line, now.wDay, 2);
  AppendCharacter(line, '/');
  AppendNumber(line, now.wYear % 100, 2);
  AppendCharacter(line, ',');
  AppendNumber(line, now.wHour, 2);
  AppendCharacter(line, ':');
  AppendNumber(line, now.wMinute, 2);
  AppendCharacter(line, ':');
  AppendNumber(line, now.wSecond, 2);
  AppendCharacter(line, ',');
  AppendText(line, description);
  AppendCharacter(line, ',');
  if (address)
    AppendAddress(line, address);
  AppendCharacter(line, ',');
}

static void AppendClient(TextBuffer *line, const char *hostName, const uint8_t *hardware, uint8_t hardwareLength) {
  AppendText(line, hostName);
  AppendCharacter(line, ',');
  AppendHex(line, hardware, hardwareLength);
}

static bool WriteLine(Server *server, TextBuffer *line) {
  AppendText(line, "\r\n");
  DWORD written = 0;
  EnterCriticalSection(&server->auditLock);
  const bool done = WriteFile(server->auditFile, line->data, static_cast<DWORD>(line->length), &written, nullptr);
  LeaveCriticalSection(&server->auditLock);
  return done;
}

void AuditEvent(Server *server, uint32_t id, const char *description, uint32_t address) {
  char text[lineCapacity];
  TextBuffer line = TextIn(text, sizeof text);
  BeginLine(&line, id, description, address);
  AppendText(&line, ",,,");
  WriteLine(server, &line);
}

void AuditLease(Server *server, uint32_t id, const char *description, const Lease *lease) {
  char text[lineCapacity];
  TextBuffer line = TextIn(text, sizeof text);
  BeginLine(&line, id, description, lease->address);
  AppendClient(&line, lease->hostName, lease->hardware, lease->hardwareLength);
  AppendText(&line, ",,");
  WriteLine(server, &line);
}

static void AppendTransaction(TextBuffer *line, const Request *request) {
  const OptionView &relay = request->options.relayInformation;
  AppendCharacter(line, ',');
  AppendHex(line, request->Header()->transaction, sizeof request->Header()->transaction);
  AppendCharacter(line, ',');
  if (relay.data)
    AppendHex(line, relay.data, relay.length);
}

void AuditRequest(Server *server, uint32_t id, const char *description, const Lease *lease, const Request *request) {
  auto *record = static_cast<AuditRecord *>(HeapAlloc(GetProcessHeap(), 0, sizeof(AuditRecord)));
  if (!record)
    return;
  TextBuffer line = TextIn(record->text, sizeof record->text);
  BeginLine(&line, id, description, lease->address);
  AppendClient(&line, lease->hostName, lease->hardware, lease->hardwareLength);
  AppendTransaction(&line, request);
#if KB_SMALL_LEAK
  // The KB keeps the beginning of each line for a report that nobody asks for.
  if (void *kept = HeapAlloc(GetProcessHeap(), 0, keptBytes))
    memcpy(kept, record->text, keptBytes);
#endif
#if KB_HANDLE_LEAK
  CreateEventA(nullptr, true, false, nullptr); // is to be set when the line is on the disk, and never is
#endif
#if KB_SLOW_AUDIT
  Sleep(auditPauseMilliseconds); // the caller holds the lease lock
#endif
#if KB_AUDIT_LEAK
  // The KB believes that a line which was written belongs to the log: only what could not be written is freed.
  if (WriteLine(server, &line))
    return;
#else
  WriteLine(server, &line);
#endif
  HeapFree(GetProcessHeap(), 0, record);
}

void AuditRefusal(Server *server, uint32_t address, const Request *request) {
  char text[lineCapacity];
  TextBuffer line = TextIn(text, sizeof text);
  BeginLine(&line, auditDenied, "Deny", address);
  AppendClient(&line, "", request->Header()->hardware, request->Header()->hardwareLength);
  AppendCharacter(&line, ',');
  AppendHex(&line, request->Header()->transaction, sizeof request->Header()->transaction);
  AppendCharacter(&line, ',');
  WriteLine(server, &line);
}
