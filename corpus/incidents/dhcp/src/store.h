// The lease store: a file with one record of fixed size for each address of the scope, written through before the
// client is answered. A record that was cut off by a crash fails its checksum and counts as empty.
#pragma once

#include "win32.h"

struct Lease;
struct Server;

// Reads what is there, for the addresses that are in the scope, and writes the file anew.
bool OpenStore(Server *server);
// The caller holds the lease lock.
void StoreLease(Server *server, const Lease *lease);
