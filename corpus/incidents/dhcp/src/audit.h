// The audit log, in the manner of the Windows DHCP server's DhcpSrvLog: one line of comma-separated fields an event.
// Every function takes the audit lock for its write.
#pragma once

#include "leases.h"
#include "win32.h"

constexpr uint32_t auditStarted = 0;
constexpr uint32_t auditStopped = 1;
constexpr uint32_t auditAssign = 10;
constexpr uint32_t auditRenew = 11;
constexpr uint32_t auditRelease = 12;
constexpr uint32_t auditConflict = 13;
constexpr uint32_t auditExhausted = 14;
constexpr uint32_t auditDenied = 15;
constexpr uint32_t auditExpire = 17;
constexpr uint32_t auditServing = 55;

// The file is opened for appending, and gets its head when it is new.
bool OpenAudit(Server *server);

void AuditEvent(Server *server, uint32_t id, const char *description, uint32_t address);
void AuditLease(Server *server, uint32_t id, const char *description, const Lease *lease);
// The one line that every answered DHCPREQUEST gets, with transaction and relay information.
void AuditRequest(Server *server, uint32_t id, const char *description, const Lease *lease, const Request *request);
// A DHCPREQUEST that is refused.
void AuditRefusal(Server *server, uint32_t address, const Request *request);
