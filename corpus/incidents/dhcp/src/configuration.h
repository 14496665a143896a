// The server's settings: one table of keys, read from an ini file (--config PATH) and from the command line
// (--key value, which wins). Addresses are in host byte order.
#pragma once

#include "text.h"
#include "win32.h"

constexpr size_t pathCapacity = 260;
constexpr uint32_t mostLeases = 4096;
constexpr uint32_t mostWorkers = 16;

struct Configuration {
  uint32_t server; // option 54, and whose subnet is served
  uint32_t first;  // scope
  uint32_t last;
  uint32_t mask;
  uint32_t router; // 0: option 3 is left out
  uint32_t leaseSeconds;
  uint32_t bindAddress;
  uint32_t port; // clients are at port + 1, relay agents at port
  uint32_t workers;
  uint32_t console;
  char store[pathCapacity];
  char audit[pathCapacity];
};

// False, with a message for people, when something is missing or wrong.
bool ReadConfiguration(const char *commandLine, Configuration *configuration, TextBuffer *error);
