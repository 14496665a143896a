// Text written into a buffer of fixed size. What does not fit is left out; the text always ends in a zero.
#pragma once

#include "win32.h"

struct TextBuffer {
  char *data;
  size_t capacity;
  size_t length;
};

TextBuffer TextIn(char *data, size_t capacity);
void AppendText(TextBuffer *text, const char *source);
void AppendCharacter(TextBuffer *text, char character);
// `digits` is the least number of digits: 7 with 2 digits is "07".
void AppendNumber(TextBuffer *text, uint64_t number, unsigned digits);
void AppendHex(TextBuffer *text, const uint8_t *bytes, size_t count);
void AppendAddress(TextBuffer *text, uint32_t address);

size_t TextLength(const char *text);
bool TextEqual(const char *left, const char *right);
bool ParseNumber(const char *text, uint32_t *number);
// Dotted quad to host byte order.
bool ParseAddress(const char *text, uint32_t *address);
