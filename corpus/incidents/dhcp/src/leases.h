// The lease table: one entry for each address of the scope. Every function here that takes a Server takes the lease
// lock itself, and writes the store and the audit log while it holds it.
//
// Lock order, for the whole server: lease lock, then audit lock. The queue's lock is never held with another.
#pragma once

#include "packet.h"
#include "variant.h"
#include "win32.h"

struct Server;

enum class LeaseState : uint8_t { free, offered, active, declined };

constexpr size_t hostNameCapacity = 64;

struct Lease {
  uint32_t address;
  LeaseState state;
  uint8_t hardwareLength;
  uint8_t hardware[16];
  uint8_t identityLength; // 0: never used. A free lease keeps it, so that its client may get it again.
#if KB_LEASE_LAYOUT
  uint32_t relayAddress; // the KB remembers through which relay agent the client came
#endif
  uint64_t expires; // seconds since 1970
  uint8_t identity[identityCapacity];
  char hostName[hostNameCapacity]; // ends in a zero
};

struct LeaseTable {
  Lease *leases;
  uint32_t count;
  uint32_t first; // the address of leases[0]
};

bool CreateLeaseTable(LeaseTable *table, uint32_t first, uint32_t last);
// Null when the address is outside the scope.
Lease *LeaseAt(LeaseTable *table, uint32_t address);

// The address to offer, 0 when the scope is exhausted.
uint32_t OfferLease(Server *server, const Request *request);
// The client took another server's offer.
void WithdrawOffer(Server *server, const Request *request);
// SELECTING: the offered, or already held, address becomes the client's.
bool CommitLease(Server *server, const Request *request, uint32_t address);
// INIT-REBOOT.
enum class Confirmation : uint8_t { unknown, confirmed, refused };
Confirmation ConfirmLease(Server *server, const Request *request, uint32_t address);
// RENEWING and REBINDING.
bool RenewLease(Server *server, const Request *request);
void ReleaseLease(Server *server, const Request *request);
void DeclineLease(Server *server, const Request *request);
void ExpireLeases(Server *server);
