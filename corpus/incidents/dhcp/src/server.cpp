// Threads and queue: see server.h.
#include "server.h"

#include "audit.h"
#include "protocol.h"
#include "statistics.h"
#include "store.h"

static constexpr DWORD expiryMilliseconds = KB_EXPIRY_PERIOD ? 500 : 1000;
static constexpr DWORD stopMilliseconds = 5000;

static uint16_t NetworkOrder(uint32_t port) { return static_cast<uint16_t>((port & 0xFF) << 8 | ((port >> 8) & 0xFF)); }

static bool Stopping(const Server *server) { return WaitForSingleObject(server->stop, 0) == WAIT_OBJECT_0; }

static void Enqueue(PacketQueue *queue, const uint8_t *bytes, uint32_t length) {
  EnterCriticalSection(&queue->lock);
  const bool room = queue->count < queueCapacity;
  if (room) {
    ReceivedPacket *packet = &queue->packets[(queue->head + queue->count) % queueCapacity];
    packet->length = length;
    memcpy(packet->bytes, bytes, length);
    ++queue->count;
  }
  LeaveCriticalSection(&queue->lock);
  if (room)
    ReleaseSemaphore(queue->filled, 1, nullptr);
  else
    Count(&g_statistics.dropped);
}

// False when there is none: the semaphore is also raised to wake workers for the stop.
static bool Dequeue(PacketQueue *queue, Request *request) {
  WaitForSingleObject(queue->filled, INFINITE);
  EnterCriticalSection(&queue->lock);
  const bool found = queue->count != 0;
  if (found) {
    const ReceivedPacket *packet = &queue->packets[queue->head];
    request->length = packet->length;
    memcpy(request->bytes, packet->bytes, packet->length);
    queue->head = (queue->head + 1) % queueCapacity;
    --queue->count;
  }
  LeaveCriticalSection(&queue->lock);
  return found;
}

static DWORD ReceiverThread(void *argument) {
  auto *server = static_cast<Server *>(argument);
  uint8_t bytes[packetCapacity];
  while (!Stopping(server)) {
    const int length = recvfrom(server->socket, reinterpret_cast<char *>(bytes), sizeof bytes, 0, nullptr, nullptr);
    if (length > 0) {
      Count(&g_statistics.received);
      Enqueue(&server->queue, bytes, static_cast<uint32_t>(length));
    } else if (!Stopping(server)) {
      Sleep(10); // a client's port was closed, or the packet was too long: neither ends the service
    }
  }
  return 0;
}

// RFC 2131, section 4.1. Clients that cannot take a unicast yet are reached by broadcast, whatever their flag says:
// there is no way to send to an address that the client does not answer ARP for.
static void SendReply(Server *server, const Request *request, const Reply *reply) {
  const uint32_t port = server->configuration.port;
  const bool refused = reply->length && request->options.messageType == MessageType::request &&
                       ReadAddress(reinterpret_cast<const PacketHeader *>(reply->bytes)->yourAddress) == 0;
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  uint32_t address = 0xFFFFFFFF;
  if (request->relayAddress)
    address = request->relayAddress;
  else if (request->clientAddress && !refused)
    address = request->clientAddress;
  to.sin_port = NetworkOrder(request->relayAddress ? port : port + 1);
  WriteAddress(reinterpret_cast<uint8_t *>(&to.sin_address), address);
  sendto(server->socket, reinterpret_cast<const char *>(reply->bytes), static_cast<int>(reply->length), 0, &to,
         sizeof to);
}

struct WorkerMemory {
  Request request;
  Reply reply;
};

static DWORD WorkerThread(void *argument) {
  auto *server = static_cast<Server *>(argument);
  auto *memory = static_cast<WorkerMemory *>(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(WorkerMemory)));
  while (memory && !Stopping(server)) {
    if (!Dequeue(&server->queue, &memory->request) || !ReadRequest(&memory->request))
      continue;
    memory->reply.length = 0;
    HandleRequest(server, &memory->request, &memory->reply);
    if (memory->reply.length)
      SendReply(server, &memory->request, &memory->reply);
  }
  if (memory)
    HeapFree(GetProcessHeap(), 0, memory);
  return 0;
}

static DWORD ExpiryThread(void *argument) {
  auto *server = static_cast<Server *>(argument);
  while (WaitForSingleObject(server->stop, expiryMilliseconds) == WAIT_TIMEOUT)
    ExpireLeases(server);
  return 0;
}

static bool OpenSocket(Server *server) {
  WSADATA data;
  if (WSAStartup(0x0202, &data) != 0)
    return false;
  server->socket = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (server->socket == INVALID_SOCKET)
    return false;
  const int yes = 1;
  setsockopt(server->socket, SOL_SOCKET, SO_BROADCAST, reinterpret_cast<const char *>(&yes), sizeof yes);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = NetworkOrder(server->configuration.port);
  WriteAddress(reinterpret_cast<uint8_t *>(&name.sin_address), server->configuration.bindAddress);
  return bind(server->socket, &name, sizeof name) != SOCKET_ERROR;
}

static bool StartThread(Server *server, ThreadMain *main) {
  HANDLE thread = CreateThread(nullptr, 0, main, server, 0, nullptr);
  if (thread)
    server->threads[server->threadCount++] = thread;
  return thread != nullptr;
}

static bool StartThreads(Server *server) {
  bool started = StartThread(server, ExpiryThread);
  for (uint32_t i = 0; started && i < server->configuration.workers; ++i)
    started = StartThread(server, WorkerThread);
  return started && StartThread(server, ReceiverThread);
}

static const char *OpenEverything(Server *server) {
  const Configuration &configuration = server->configuration;
  InitializeCriticalSection(&server->leaseLock);
  InitializeCriticalSection(&server->auditLock);
  InitializeCriticalSection(&server->queue.lock);
  server->stop = CreateEventA(nullptr, true, false, nullptr);
  server->queue.filled = CreateSemaphoreA(nullptr, 0, queueCapacity + mostWorkers, nullptr);
  if (!server->stop || !server->queue.filled)
    return "the system has no more events";
  if (!CreateLeaseTable(&server->leases, configuration.first, configuration.last))
    return "there is not enough memory for the lease table";
  if (!OpenAudit(server))
    return "the audit file cannot be opened";
  if (!OpenStore(server))
    return "the lease store cannot be opened, or is not a lease store";
  if (!OpenSocket(server))
    return "the UDP port cannot be opened; another server may hold it";
  return nullptr;
}

Server *StartServer(const Configuration *configuration, TextBuffer *error) {
  auto *server = static_cast<Server *>(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(Server)));
  if (!server) {
    AppendText(error, "there is not enough memory");
    return nullptr;
  }
  memcpy(&server->configuration, configuration, sizeof *configuration);
  if (const char *reason = OpenEverything(server)) {
    AppendText(error, reason);
    return nullptr; // the process ends
  }
  AuditEvent(server, auditStarted, "Started", 0);
  if (!StartThreads(server)) {
    AppendText(error, "the threads cannot be started");
    return nullptr;
  }
  AuditEvent(server, auditServing, "ready", configuration->server);
  return server;
}

static void AuditStop(Server *server) {
  char text[256];
  TextBuffer description = TextIn(text, sizeof text);
  AppendText(&description, "Stopped: received ");
  AppendNumber(&description, static_cast<uint64_t>(g_statistics.received), 1);
  AppendText(&description, " dropped ");
  AppendNumber(&description, static_cast<uint64_t>(g_statistics.dropped), 1);
  AppendText(&description, " malformed packets ");
  AppendNumber(&description, static_cast<uint64_t>(g_statistics.malformedPackets), 1);
  AppendText(&description, " malformed options ");
  AppendNumber(&description, static_cast<uint64_t>(g_statistics.malformedOptions), 1);
  AuditEvent(server, auditStopped, text, 0);
}

void StopServer(Server *server) {
  SetEvent(server->stop);
  closesocket(server->socket);
  ReleaseSemaphore(server->queue.filled, static_cast<LONG>(server->configuration.workers), nullptr);
  const DWORD ended = WaitForMultipleObjects(server->threadCount, server->threads, true, stopMilliseconds);
  if (ended != WAIT_TIMEOUT) // else a thread may hold the audit lock for ever
    AuditStop(server);
}
