// Sessions, and what the program offers.
#include "broker.h"

extern "C" int _fltused = 0;

static uint8_t g_heap[1 << 20];
static size_t g_used;

NOINLINE void *Allocate(size_t bytes) {
  if (g_used + bytes > sizeof g_heap)
    return nullptr;
  void *memory = g_heap + g_used;
  g_used += (bytes + 15) & ~size_t{15};
  return memory;
}

NOINLINE void Free(void *memory) { *static_cast<volatile uint8_t *>(memory) = 0xDD; }

extern "C" void *memset(void *to, int value, size_t bytes) {
  auto *at = static_cast<volatile uint8_t *>(to);
  for (size_t i = 0; i < bytes; ++i)
    at[i] = static_cast<uint8_t>(value);
  return to;
}

extern "C" void *memcpy(void *to, const void *from, size_t bytes) {
  auto *at = static_cast<volatile uint8_t *>(to);
  for (size_t i = 0; i < bytes; ++i)
    at[i] = static_cast<const uint8_t *>(from)[i];
  return to;
}

NOINLINE Session *OpenSession(Broker *broker, uint32_t identity, const char *user) {
  if (broker->count >= broker->most) {
    ++broker->refused;
    return nullptr;
  }
  auto *session = static_cast<Session *>(Allocate(sizeof(Session)));
  if (!session)
    return nullptr;
  memset(session, 0, sizeof *session);
  session->identity = identity;
  session->state = 1;
  session->quota = broker->defaults;
  for (size_t i = 0; i + 1 < sizeof session->user && user[i]; ++i)
    session->user[i] = user[i];
  session->next = broker->sessions;
  broker->sessions = session;
  ++broker->count;
  ++broker->served;
  return session;
}

NOINLINE Session *FindSession(const Broker *broker, uint32_t identity) {
  for (Session *session = broker->sessions; session; session = session->next)
    if (session->identity == identity && session->state == 1)
      return session;
  return nullptr;
}

NOINLINE void CloseSession(Broker *broker, uint32_t identity) {
  for (Session **at = &broker->sessions; *at; at = &(*at)->next)
    if ((*at)->identity == identity) {
      Session *session = *at;
      *at = session->next;
      for (Ticket *ticket = session->tickets; ticket;) {
        Ticket *next = ticket->next;
        Free(ticket);
        ticket = next;
      }
      Free(session);
      --broker->count;
      return;
    }
}

NOINLINE bool Transfer(Session *session, uint32_t in, uint32_t out, uint64_t now) {
  if (!IsUsable(&session->client, now) || !TakeQuota(&session->quota, in + out)) {
    NoteFailure(&session->client);
    return false;
  }
  session->bytesIn += in;
  session->bytesOut += out;
  NoteSuccess(&session->client, now);
  NoteSuccess(&session->server, now);
  return true;
}

NOINLINE bool AddTicket(Session *session, uint64_t identity, const uint8_t *key) {
  Ticket *ticket = IssueTicket(identity, 3, key);
  if (!ticket)
    return false;
  ticket->next = session->tickets;
  session->tickets = ticket;
  ++session->ticketCount;
  return true;
}

NOINLINE uint64_t SessionAge(const Session *session, uint64_t now) {
  return session->state == 1 ? now - session->opened : 0;
}

EXPORT uint64_t Statistics(const Broker *broker) {
  uint64_t bytes = broker->served + broker->refused;
  for (const Session *session = broker->sessions; session; session = session->next)
    bytes += session->bytesIn + session->bytesOut + QuotaLeft(&session->quota) + session->ticketCount;
  return bytes;
}

EXPORT bool Admit(Broker *broker, uint32_t identity, const char *user, uint64_t now) {
  Session *session = OpenSession(broker, identity, user);
  if (!session)
    return false;
  session->opened = now;
  OpenEndpoint(&session->client, identity, 443, 2);
  OpenEndpoint(&session->server, identity + 1, 80, 2);
  BeginQuota(&session->quota, 2, 8, 4096);
  return AddTicket(session, identity, reinterpret_cast<const uint8_t *>(user));
}

EXPORT uint64_t Serve(Broker *broker, uint32_t identity, const uint8_t *key, uint64_t now) {
  Session *session = FindSession(broker, identity);
  if (!session || !session->tickets || !VerifyTicket(session->tickets, key, 3))
    return 0;
  RefillQuota(&session->quota, SessionAge(session, now));
  if (!RenewTicket(session->tickets, 60))
    RevokeTickets(session->tickets, identity);
  Transfer(session, 100, 200, now);
  return DescribeEndpoint(&session->client) + CountForwarded(session->tickets);
}

EXPORT void End(Broker *broker, uint32_t identity) { CloseSession(broker, identity); }
