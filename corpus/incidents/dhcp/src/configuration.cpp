// Settings: see configuration.h.
#include "configuration.h"

enum class SettingKind : uint8_t { address, number, path };

struct Setting {
  const char *key;
  SettingKind kind;
  uint32_t offset;
  uint32_t most; // numbers only
};

#define MEMBER(name) __builtin_offsetof(Configuration, name)

static constexpr Setting settings[] = {
    {"server", SettingKind::address, MEMBER(server), 0},
    {"first", SettingKind::address, MEMBER(first), 0},
    {"last", SettingKind::address, MEMBER(last), 0},
    {"mask", SettingKind::address, MEMBER(mask), 0},
    {"router", SettingKind::address, MEMBER(router), 0},
    {"lease", SettingKind::number, MEMBER(leaseSeconds), 0x7FFFFFFF},
    {"bind", SettingKind::address, MEMBER(bindAddress), 0},
    {"port", SettingKind::number, MEMBER(port), 65534},
    {"workers", SettingKind::number, MEMBER(workers), mostWorkers},
    {"store", SettingKind::path, MEMBER(store), 0},
    {"audit", SettingKind::path, MEMBER(audit), 0},
};

static bool CopyPath(char *target, const char *value) {
  const size_t length = TextLength(value);
  if (length == 0 || length >= pathCapacity)
    return false;
  memcpy(target, value, length + 1);
  return true;
}

static bool SetValue(Configuration *configuration, const Setting &setting, const char *value) {
  char *member = reinterpret_cast<char *>(configuration) + setting.offset;
  auto *number = reinterpret_cast<uint32_t *>(member);
  switch (setting.kind) {
  case SettingKind::address:
    return ParseAddress(value, number);
  case SettingKind::number:
    return ParseNumber(value, number) && *number != 0 && *number <= setting.most;
  case SettingKind::path:
    return CopyPath(member, value);
  }
  return false;
}

static bool Assign(Configuration *configuration, const char *key, const char *value, TextBuffer *error) {
  for (const Setting &setting : settings) {
    if (!TextEqual(setting.key, key))
      continue;
    if (SetValue(configuration, setting, value))
      return true;
    AppendText(error, "the value of ");
    AppendText(error, key);
    AppendText(error, " is not valid: ");
    AppendText(error, value);
    return false;
  }
  AppendText(error, "there is no setting named ");
  AppendText(error, key);
  return false;
}

// Takes the next word off a command line: parts in double quotes keep their blanks. False at the end.
static bool NextWord(const char **cursor, char *word, size_t capacity) {
  const char *at = *cursor;
  while (*at == ' ' || *at == '\t')
    ++at;
  if (!*at)
    return false;
  TextBuffer text = TextIn(word, capacity);
  bool quoted = false;
  for (; *at && (quoted || (*at != ' ' && *at != '\t')); ++at) {
    if (*at == '"')
      quoted = !quoted;
    else
      AppendCharacter(&text, *at);
  }
  *cursor = at;
  return true;
}

static void TrimEnd(char *text) {
  size_t length = TextLength(text);
  while (length && (text[length - 1] == ' ' || text[length - 1] == '\r' || text[length - 1] == '\t'))
    text[--length] = '\0';
}

static bool AssignLine(Configuration *configuration, char *line, TextBuffer *error) {
  while (*line == ' ' || *line == '\t')
    ++line;
  TrimEnd(line);
  if (!*line || *line == ';' || *line == '#' || *line == '[')
    return true;
  char *value = line;
  while (*value && *value != '=')
    ++value;
  if (!*value) {
    AppendText(error, "a line of the configuration file has no '=': ");
    AppendText(error, line);
    return false;
  }
  *value++ = '\0';
  TrimEnd(line);
  while (*value == ' ' || *value == '\t')
    ++value;
  return Assign(configuration, line, value, error);
}

static bool ReadFileSettings(const char *path, Configuration *configuration, TextBuffer *error) {
  char content[2048];
  DWORD size = 0;
  HANDLE file =
      CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file != INVALID_HANDLE_VALUE) {
    ReadFile(file, content, sizeof content, &size, nullptr);
    CloseHandle(file);
  }
  if (size == 0 || size == sizeof content) {
    AppendText(error, "the configuration file cannot be read, is empty or has 2048 bytes or more: ");
    AppendText(error, path);
    return false;
  }
  content[size] = '\0';
  for (char *line = content; *line;) {
    char *end = line;
    while (*end && *end != '\n')
      ++end;
    char *next = *end ? end + 1 : end;
    *end = '\0';
    if (!AssignLine(configuration, line, error))
      return false;
    line = next;
  }
  return true;
}

static bool CheckConfiguration(const Configuration *configuration, TextBuffer *error) {
  const Configuration &c = *configuration;
  if (!c.server || !c.first || !c.last || !c.mask)
    AppendText(error, "server, first, last and mask must be given");
  else if (c.last < c.first || c.last - c.first >= mostLeases)
    AppendText(error, "the scope must run from first to last and hold at most 4096 addresses");
  else if ((c.first & c.mask) != (c.server & c.mask) || (c.last & c.mask) != (c.server & c.mask))
    AppendText(error, "the scope must lie in the server's subnet");
  else if (!c.store[0] || !c.audit[0])
    AppendText(error, "store and audit must be given");
  return error->length == 0;
}

bool ReadConfiguration(const char *commandLine, Configuration *configuration, TextBuffer *error) {
  memset(configuration, 0, sizeof *configuration);
  configuration->leaseSeconds = 8 * 24 * 3600;
  configuration->port = 67;
  configuration->workers = 4;
  char key[pathCapacity];
  char value[pathCapacity];
  NextWord(&commandLine, key, sizeof key); // the program
  while (NextWord(&commandLine, key, sizeof key)) {
    if (TextEqual(key, "--console")) {
      configuration->console = 1;
      continue;
    }
    if (key[0] != '-' || key[1] != '-' || !NextWord(&commandLine, value, sizeof value)) {
      AppendText(error, "expected --key value, found ");
      AppendText(error, key);
      return false;
    }
    const bool assigned = TextEqual(key, "--config") ? ReadFileSettings(value, configuration, error)
                                                     : Assign(configuration, key + 2, value, error);
    if (!assigned)
      return false;
  }
  return CheckConfiguration(configuration, error);
}
