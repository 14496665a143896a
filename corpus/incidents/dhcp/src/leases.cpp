// The lease table: see leases.h.
#include "leases.h"

#include "audit.h"
#include "clock.h"
#include "packet.h"
#include "server.h"
#include "store.h"

static constexpr uint64_t offerSeconds = 30;
static constexpr uint64_t declinedSeconds = 600;
#if KB_RENEWAL_HANG
static constexpr DWORD renewalPauseMilliseconds = 2;
#endif

static bool BelongsTo(const Lease *lease, const Request *request) {
  return lease->identityLength != 0 && lease->identityLength == request->identityLength &&
         memcmp(lease->identity, request->identity, lease->identityLength) == 0;
}

// A host name goes into the audit log, whose fields are separated by commas.
static char Printable(uint8_t character) {
  return character > ' ' && character < 0x7F && character != ',' ? static_cast<char>(character) : '_';
}

static void CopyHostName(Lease *lease, const OptionView *name) {
  uint32_t length = 0;
  for (; length < name->length && length + 1 < hostNameCapacity; ++length)
    lease->hostName[length] = Printable(name->data[length]);
  lease->hostName[length] = '\0';
}

static void AssignToClient(Lease *lease, const Request *request) {
  const PacketHeader *header = request->Header();
  lease->identityLength = request->identityLength;
  memcpy(lease->identity, request->identity, request->identityLength);
  lease->hardwareLength = header->hardwareLength;
  memcpy(lease->hardware, header->hardware, sizeof lease->hardware);
  if (request->options.hostName.data)
    CopyHostName(lease, &request->options.hostName);
#if KB_LEASE_LAYOUT
  lease->relayAddress = request->relayAddress;
#endif
}

static void Activate(Server *server, Lease *lease) {
  lease->state = LeaseState::active;
  lease->expires = NowSeconds() + server->configuration.leaseSeconds;
  StoreLease(server, lease);
}

bool CreateLeaseTable(LeaseTable *table, uint32_t first, uint32_t last) {
  table->count = last - first + 1;
  table->first = first;
  table->leases = static_cast<Lease *>(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, table->count * sizeof(Lease)));
  if (!table->leases)
    return false;
  for (uint32_t i = 0; i < table->count; ++i)
    table->leases[i].address = first + i;
  return true;
}

Lease *LeaseAt(LeaseTable *table, uint32_t address) {
  const uint32_t index = address - table->first;
  return index < table->count ? &table->leases[index] : nullptr;
}

// Null when the client has none.
static Lease *FindLease(LeaseTable *table, const Request *request) {
  for (uint32_t i = 0; i < table->count; ++i)
    if (table->leases[i].state != LeaseState::declined && BelongsTo(&table->leases[i], request))
      return &table->leases[i];
  return nullptr;
}

// RFC 2131, section 4.3.1: what the client has or had, then what it asks for, then an address that nobody had, then
// any free one.
static Lease *ChooseLease(LeaseTable *table, const Request *request, uint32_t server) {
  if (Lease *known = FindLease(table, request))
    return known;
  Lease *wanted = LeaseAt(table, request->options.requestedAddress);
  if (wanted && wanted->state == LeaseState::free && wanted->address != server)
    return wanted;
  Lease *used = nullptr;
  for (uint32_t i = 0; i < table->count; ++i) {
    Lease *lease = &table->leases[i];
    if (lease->state != LeaseState::free || lease->address == server)
      continue;
    if (lease->identityLength == 0)
      return lease;
    if (!used)
      used = lease;
  }
  return used;
}

uint32_t OfferLease(Server *server, const Request *request) {
  uint32_t address = 0;
  EnterCriticalSection(&server->leaseLock);
  Lease *lease = ChooseLease(&server->leases, request, server->configuration.server);
  if (lease) {
    address = lease->address;
    AssignToClient(lease, request);
    if (lease->state == LeaseState::free)
      lease->state = LeaseState::offered;
    if (lease->state == LeaseState::offered)
      lease->expires = NowSeconds() + offerSeconds;
  } else {
    AuditEvent(server, auditExhausted, "Scope Full", server->leases.first);
  }
  LeaveCriticalSection(&server->leaseLock);
  return address;
}

void WithdrawOffer(Server *server, const Request *request) {
  EnterCriticalSection(&server->leaseLock);
  Lease *lease = FindLease(&server->leases, request);
  if (lease && lease->state == LeaseState::offered)
    lease->state = LeaseState::free;
  LeaveCriticalSection(&server->leaseLock);
}

bool CommitLease(Server *server, const Request *request, uint32_t address) {
  EnterCriticalSection(&server->leaseLock);
  Lease *lease = LeaseAt(&server->leases, address);
  const bool granted =
      lease && BelongsTo(lease, request) && (lease->state == LeaseState::offered || lease->state == LeaseState::active);
  if (granted) {
    AssignToClient(lease, request);
    Activate(server, lease);
    AuditRequest(server, auditAssign, "Assign", lease, request);
  }
  LeaveCriticalSection(&server->leaseLock);
  return granted;
}

Confirmation ConfirmLease(Server *server, const Request *request, uint32_t address) {
  Confirmation answer = Confirmation::unknown;
  EnterCriticalSection(&server->leaseLock);
  Lease *lease = FindLease(&server->leases, request);
  if (lease) {
    answer = lease->address == address ? Confirmation::confirmed : Confirmation::refused;
    if (answer == Confirmation::confirmed) {
      Activate(server, lease);
      AuditRequest(server, auditRenew, "Renew", lease, request);
    }
  }
  LeaveCriticalSection(&server->leaseLock);
  return answer;
}

bool RenewLease(Server *server, const Request *request) {
#if KB_RENEWAL_HANG
  // The KB keeps the log for itself until a burst of renewals is written. CommitLease, ReleaseLease and the others take
  // the two locks the other way round: one of them in this pause, and both wait for ever.
  EnterCriticalSection(&server->auditLock);
  Sleep(renewalPauseMilliseconds);
#endif
  EnterCriticalSection(&server->leaseLock);
  Lease *lease = LeaseAt(&server->leases, request->clientAddress);
  const bool renewed = lease && lease->state == LeaseState::active && BelongsTo(lease, request);
  if (renewed) {
    Activate(server, lease);
    AuditRequest(server, auditRenew, "Renew", lease, request);
  }
  LeaveCriticalSection(&server->leaseLock);
#if KB_RENEWAL_HANG
  LeaveCriticalSection(&server->auditLock);
#endif
  return renewed;
}

void ReleaseLease(Server *server, const Request *request) {
  EnterCriticalSection(&server->leaseLock);
  Lease *lease = LeaseAt(&server->leases, request->clientAddress);
  if (lease && lease->state == LeaseState::active && BelongsTo(lease, request)) {
    lease->state = LeaseState::free;
    StoreLease(server, lease);
    AuditLease(server, auditRelease, "Release", lease);
  }
  LeaveCriticalSection(&server->leaseLock);
}

void DeclineLease(Server *server, const Request *request) {
  EnterCriticalSection(&server->leaseLock);
  Lease *lease = LeaseAt(&server->leases, request->options.requestedAddress);
  if (lease && lease->state != LeaseState::declined && BelongsTo(lease, request)) {
    lease->state = LeaseState::declined;
    lease->expires = NowSeconds() + declinedSeconds;
    StoreLease(server, lease);
    AuditLease(server, auditConflict, "Conflict", lease);
  }
  LeaveCriticalSection(&server->leaseLock);
}

static void ExpireLease(Server *server, Lease *lease) {
  const bool wasOffer = lease->state == LeaseState::offered;
  if (lease->state == LeaseState::declined)
    lease->identityLength = 0;
  lease->state = LeaseState::free;
  if (wasOffer)
    return;
  StoreLease(server, lease);
  AuditLease(server, auditExpire, "Expired", lease);
}

void ExpireLeases(Server *server) {
  EnterCriticalSection(&server->leaseLock);
  const uint64_t now = NowSeconds();
  for (uint32_t i = 0; i < server->leases.count; ++i) {
    Lease *lease = &server->leases.leases[i];
    if (lease->state != LeaseState::free && lease->expires <= now)
      ExpireLease(server, lease);
  }
  LeaveCriticalSection(&server->leaseLock);
}
