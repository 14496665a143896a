// What the server answers to each DHCP message (RFC 2131, section 4.3).
#pragma once

#include "packet.h"

struct Server;

// Leaves reply->length at 0 where the protocol wants silence.
void HandleRequest(Server *server, const Request *request, Reply *reply);
