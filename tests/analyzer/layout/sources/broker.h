// A session broker: a second program for the layout tests, with what the DHCP server has not: bit fields, types that
// are allocated one by one, linked lists. It is built and compared, never run.
#pragma once

using uint8_t = unsigned char;
using uint16_t = unsigned short;
using uint32_t = unsigned int;
using uint64_t = unsigned long long;
using size_t = decltype(sizeof(0));

#define EXPORT extern "C" __declspec(dllexport)
#define NOINLINE __attribute__((noinline))

extern "C" void *memset(void *to, int value, size_t bytes);
extern "C" void *memcpy(void *to, const void *from, size_t bytes);
void *Allocate(size_t bytes);
void Free(void *memory);

struct Endpoint {
  uint32_t address;
  uint16_t port;
  uint16_t family : 4;
  uint16_t secure : 1;
  uint16_t retries : 5;
  uint16_t closed : 1;
  uint64_t lastSeen;
};

struct Quota {
  uint32_t kind : 3;
  uint32_t weight : 9;
  uint32_t burst : 12;
  uint32_t limited : 1;
  uint32_t used;
  uint64_t limit;
};

struct Ticket {
  Ticket *next;
  uint64_t identity;
  uint32_t version : 6;
  uint32_t renewals : 10;
  uint32_t revoked : 1;
  uint32_t forwarded : 1;
  uint32_t lifetime;
  uint8_t key[32];
};

struct Session {
  Session *next;
  uint32_t identity;
  uint32_t state;
  Endpoint client;
  Endpoint server;
  Quota quota;
  Ticket *tickets;
  uint32_t ticketCount;
  uint64_t opened;
  uint64_t bytesIn;
  uint64_t bytesOut;
  char user[40];
};

struct Broker {
  Session *sessions;
  uint32_t count;
  uint32_t most;
  uint64_t served;
  uint64_t refused;
  Quota defaults;
};

// endpoint.cpp
void OpenEndpoint(Endpoint *endpoint, uint32_t address, uint16_t port, uint32_t family);
bool IsUsable(const Endpoint *endpoint, uint64_t now);
void NoteFailure(Endpoint *endpoint);
void NoteSuccess(Endpoint *endpoint, uint64_t now);
uint32_t DescribeEndpoint(const Endpoint *endpoint);
// quota.cpp
void BeginQuota(Quota *quota, uint32_t kind, uint32_t weight, uint64_t limit);
bool TakeQuota(Quota *quota, uint32_t amount);
void RefillQuota(Quota *quota, uint64_t elapsed);
uint64_t QuotaLeft(const Quota *quota);
// ticket.cpp
Ticket *IssueTicket(uint64_t identity, uint32_t version, const uint8_t *key);
bool RenewTicket(Ticket *ticket, uint32_t seconds);
void RevokeTickets(Ticket *first, uint64_t identity);
uint32_t CountForwarded(const Ticket *first);
bool VerifyTicket(const Ticket *ticket, const uint8_t *key, uint32_t version);
// session.cpp
Session *OpenSession(Broker *broker, uint32_t identity, const char *user);
Session *FindSession(const Broker *broker, uint32_t identity);
void CloseSession(Broker *broker, uint32_t identity);
bool Transfer(Session *session, uint32_t in, uint32_t out, uint64_t now);
bool AddTicket(Session *session, uint64_t identity, const uint8_t *key);
uint64_t SessionAge(const Session *session, uint64_t now);
