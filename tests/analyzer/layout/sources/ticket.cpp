// Tickets: a list, each allocated by itself.
#include "broker.h"

Ticket *IssueTicket(uint64_t identity, uint32_t version, const uint8_t *key) {
  auto *ticket = static_cast<Ticket *>(Allocate(sizeof(Ticket)));
  if (!ticket)
    return nullptr;
  memset(ticket, 0, sizeof *ticket);
  ticket->identity = identity;
  ticket->version = version;
  ticket->lifetime = 600;
  memcpy(ticket->key, key, sizeof ticket->key);
  return ticket;
}

bool RenewTicket(Ticket *ticket, uint32_t seconds) {
  if (ticket->revoked || ticket->renewals >= 1000)
    return false;
  ticket->renewals = ticket->renewals + 1;
  ticket->lifetime += seconds;
  return true;
}

void RevokeTickets(Ticket *first, uint64_t identity) {
  for (Ticket *ticket = first; ticket; ticket = ticket->next)
    if (ticket->identity == identity) {
      ticket->revoked = 1;
      ticket->lifetime = 0;
    }
}

uint32_t CountForwarded(const Ticket *first) {
  uint32_t count = 0;
  for (const Ticket *ticket = first; ticket; ticket = ticket->next)
    if (ticket->forwarded && !ticket->revoked && ticket->lifetime)
      ++count;
  return count;
}

bool VerifyTicket(const Ticket *ticket, const uint8_t *key, uint32_t version) {
  uint8_t difference = 0;
  for (size_t i = 0; i < sizeof ticket->key; ++i)
    difference = static_cast<uint8_t>(difference | (ticket->key[i] ^ key[i]));
  return difference == 0 && ticket->version == version && !ticket->revoked;
}
