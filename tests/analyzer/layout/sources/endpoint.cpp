// One side of a connection.
#include "broker.h"

void OpenEndpoint(Endpoint *endpoint, uint32_t address, uint16_t port, uint32_t family) {
  memset(endpoint, 0, sizeof *endpoint);
  endpoint->address = address;
  endpoint->port = port;
  endpoint->family = static_cast<uint16_t>(family);
  endpoint->secure = port == 443;
}

bool IsUsable(const Endpoint *endpoint, uint64_t now) {
  if (endpoint->closed || endpoint->address == 0)
    return false;
  return endpoint->retries < 5 || now > endpoint->lastSeen + 60;
}

void NoteFailure(Endpoint *endpoint) {
  if (endpoint->retries == 30)
    endpoint->closed = 1;
  else
    endpoint->retries = static_cast<uint16_t>(endpoint->retries + 1);
}

void NoteSuccess(Endpoint *endpoint, uint64_t now) {
  endpoint->retries = 0;
  endpoint->closed = 0;
  endpoint->lastSeen = now;
}

uint32_t DescribeEndpoint(const Endpoint *endpoint) {
  uint32_t text = endpoint->family * 1000U + endpoint->retries;
  if (endpoint->secure)
    text += 100000;
  if (endpoint->closed)
    text += 200000;
  return text + endpoint->port;
}
