// Text: see text.h.
#include "text.h"

TextBuffer TextIn(char *data, size_t capacity) {
  data[0] = '\0';
  return {data, capacity, 0};
}

void AppendCharacter(TextBuffer *text, char character) {
  if (text->length + 1 >= text->capacity)
    return;
  text->data[text->length++] = character;
  text->data[text->length] = '\0';
}

void AppendText(TextBuffer *text, const char *source) {
  while (*source)
    AppendCharacter(text, *source++);
}

void AppendNumber(TextBuffer *text, uint64_t number, unsigned digits) {
  char reversed[20];
  unsigned count = 0;
  do {
    reversed[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number);
  for (unsigned i = count; i < digits; ++i)
    AppendCharacter(text, '0');
  while (count)
    AppendCharacter(text, reversed[--count]);
}

void AppendHex(TextBuffer *text, const uint8_t *bytes, size_t count) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < count; ++i) {
    AppendCharacter(text, digits[bytes[i] >> 4]);
    AppendCharacter(text, digits[bytes[i] & 15]);
  }
}

void AppendAddress(TextBuffer *text, uint32_t address) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    AppendNumber(text, (address >> shift) & 0xFF, 1);
    if (shift)
      AppendCharacter(text, '.');
  }
}

size_t TextLength(const char *text) {
  size_t length = 0;
  while (text[length])
    ++length;
  return length;
}

bool TextEqual(const char *left, const char *right) {
  while (*left && *left == *right) {
    ++left;
    ++right;
  }
  return *left == *right;
}

bool ParseNumber(const char *text, uint32_t *number) {
  if (!*text)
    return false;
  uint64_t value = 0;
  for (; *text; ++text) {
    if (*text < '0' || *text > '9')
      return false;
    value = value * 10 + static_cast<uint64_t>(*text - '0');
    if (value > 0xFFFFFFFF)
      return false;
  }
  *number = static_cast<uint32_t>(value);
  return true;
}

bool ParseAddress(const char *text, uint32_t *address) {
  uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    uint32_t byte = 0;
    int digits = 0;
    for (; *text >= '0' && *text <= '9'; ++text, ++digits)
      byte = byte * 10 + static_cast<uint32_t>(*text - '0');
    if (digits == 0 || digits > 3 || byte > 255)
      return false;
    if (part < 3 && *text++ != '.')
      return false;
    value = value << 8 | byte;
  }
  *address = value;
  return *text == '\0';
}
