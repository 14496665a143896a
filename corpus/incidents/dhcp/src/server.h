// The running server: all of its state, on the heap and handed down by pointer, so that a function of a hotpatch
// image works on the same state as the functions that it stands beside.
//
// One receiver thread puts packets into a queue; worker threads take them out, answer them and wait for the next.
// A further thread sweeps expired leases. Locks and their order: leases.h.
#pragma once

#include "configuration.h"
#include "leases.h"
#include "packet.h"
#include "win32.h"

constexpr uint32_t queueCapacity = 64;

struct ReceivedPacket {
  uint32_t length;
  uint8_t bytes[packetCapacity];
};

// A ring of packets. When it is full, packets are dropped without an answer, as the network may do at any time.
struct PacketQueue {
  CRITICAL_SECTION lock;
  HANDLE filled; // a semaphore: packets in the ring
  uint32_t head;
  uint32_t count;
  ReceivedPacket packets[queueCapacity];
};

struct Server {
  Configuration configuration;
  SOCKET socket;
  HANDLE stop;                // an event
  CRITICAL_SECTION leaseLock; // the lease table and the store
  LeaseTable leases;
  HANDLE storeFile;
  CRITICAL_SECTION auditLock; // the audit file
  HANDLE auditFile;
  PacketQueue queue;
  HANDLE threads[mostWorkers + 2];
  uint32_t threadCount;
};

// Opens the files and the socket and starts the threads. Null, with a message for people, when that fails.
Server *StartServer(const Configuration *configuration, TextBuffer *error);
// Ends the threads; those that do not end within five seconds are left to the end of the process.
void StopServer(Server *server);
