// The lease store: see store.h.
#include "store.h"

#include "leases.h"
#include "server.h"

struct StoreHeader {
  char magic[8];
  uint32_t version;
  uint32_t recordBytes;
};

struct StoreRecord {
  uint32_t checksum; // of all that follows; 0 in an empty record
  uint32_t address;
  uint64_t expires;
  uint8_t state;
  uint8_t hardwareLength;
  uint8_t identityLength;
  uint8_t reserved[5];
  uint8_t hardware[16];
  uint8_t identity[identityCapacity];
  char hostName[hostNameCapacity];
};

static constexpr StoreHeader storeHeader = {{'H', 'G', 'L', 'E', 'A', 'S', 'E', '1'}, 1, sizeof(StoreRecord)};

// FNV-1a: finds torn and damaged records, not forged ones.
static uint32_t Checksum(const StoreRecord *record) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(record);
  uint32_t hash = 2166136261U;
  for (size_t i = sizeof record->checksum; i < sizeof *record; ++i)
    hash = (hash ^ bytes[i]) * 16777619U;
  return hash ? hash : 1;
}

static void FillRecord(StoreRecord *record, const Lease *lease) {
  memset(record, 0, sizeof *record);
  record->address = lease->address;
  record->expires = lease->expires;
  record->state = static_cast<uint8_t>(lease->state);
  record->hardwareLength = lease->hardwareLength;
  record->identityLength = lease->identityLength;
  memcpy(record->hardware, lease->hardware, sizeof record->hardware);
  memcpy(record->identity, lease->identity, sizeof record->identity);
  memcpy(record->hostName, lease->hostName, sizeof record->hostName);
  record->checksum = Checksum(record);
}

static bool IsSound(const StoreRecord *record) {
  return record->checksum == Checksum(record) && record->state <= static_cast<uint8_t>(LeaseState::declined) &&
         record->hardwareLength <= sizeof record->hardware && record->identityLength <= identityCapacity &&
         record->hostName[hostNameCapacity - 1] == '\0';
}

static void TakeRecord(LeaseTable *table, const StoreRecord *record) {
  Lease *lease = LeaseAt(table, record->address);
  if (!lease || !IsSound(record))
    return;
  lease->state = static_cast<LeaseState>(record->state);
  lease->expires = record->expires;
  lease->hardwareLength = record->hardwareLength;
  lease->identityLength = record->identityLength;
  memcpy(lease->hardware, record->hardware, sizeof record->hardware);
  memcpy(lease->identity, record->identity, sizeof record->identity);
  memcpy(lease->hostName, record->hostName, sizeof record->hostName);
}

static bool ReadRecords(Server *server) {
  StoreHeader header;
  DWORD read = 0;
  if (!ReadFile(server->storeFile, &header, sizeof header, &read, nullptr))
    return false;
  if (read == 0)
    return true; // a new store
  if (read != sizeof header || memcmp(&header, &storeHeader, sizeof header) != 0)
    return false;
  StoreRecord record;
  while (ReadFile(server->storeFile, &record, sizeof record, &read, nullptr) && read == sizeof record)
    TakeRecord(&server->leases, &record);
  return true;
}

static bool WriteRecords(Server *server) {
  DWORD written = 0;
  SetFilePointer(server->storeFile, 0, nullptr, FILE_BEGIN);
  SetEndOfFile(server->storeFile);
  bool done = WriteFile(server->storeFile, &storeHeader, sizeof storeHeader, &written, nullptr);
  for (uint32_t i = 0; done && i < server->leases.count; ++i) {
    StoreRecord record;
    FillRecord(&record, &server->leases.leases[i]);
    done = WriteFile(server->storeFile, &record, sizeof record, &written, nullptr);
  }
  return done && FlushFileBuffers(server->storeFile);
}

bool OpenStore(Server *server) {
  server->storeFile = CreateFileA(server->configuration.store, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                                  OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  return server->storeFile != INVALID_HANDLE_VALUE && ReadRecords(server) && WriteRecords(server);
}

void StoreLease(Server *server, const Lease *lease) {
  StoreRecord record;
  FillRecord(&record, lease);
  const uint32_t index = lease->address - server->leases.first;
  const auto offset = static_cast<LONG>(sizeof(StoreHeader) + index * sizeof(StoreRecord));
  DWORD written = 0;
  SetFilePointer(server->storeFile, offset, nullptr, FILE_BEGIN);
  WriteFile(server->storeFile, &record, sizeof record, &written, nullptr);
  FlushFileBuffers(server->storeFile);
}
