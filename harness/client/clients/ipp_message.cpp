#include "harness/client/clients/ipp_message.h"

#include "harness/client/clients/client_error.h"

#include <algorithm>
#include <cstring>

namespace hotgate::harness {
namespace {

struct Reader {
  const std::string &bytes;
  size_t at = 0;
};

ssize_t readSome(void *from, ipp_uchar_t *bytes, size_t size) {
  auto &reader = *static_cast<Reader *>(from);
  const size_t count = std::min(size, reader.bytes.size() - reader.at);
  std::memcpy(bytes, reader.bytes.data() + reader.at, count);
  reader.at += count;
  return static_cast<ssize_t>(count);
}

ssize_t writeSome(void *to, ipp_uchar_t *bytes, size_t size) {
  static_cast<std::string *>(to)->append(reinterpret_cast<const char *>(bytes), size);
  return static_cast<ssize_t>(size);
}

bool isText(ipp_attribute_t *attribute) {
  switch (ippGetValueTag(attribute)) {
  case IPP_TAG_TEXT:
  case IPP_TAG_NAME:
  case IPP_TAG_TEXTLANG:
  case IPP_TAG_NAMELANG:
  case IPP_TAG_KEYWORD:
  case IPP_TAG_URI:
  case IPP_TAG_MIMETYPE:
    return true;
  default:
    return false;
  }
}

std::optional<int> numberOf(ipp_attribute_t *attribute) {
  switch (ippGetValueTag(attribute)) {
  case IPP_TAG_INTEGER:
  case IPP_TAG_ENUM:
    return ippGetInteger(attribute, 0);
  case IPP_TAG_BOOLEAN:
    return ippGetBoolean(attribute, 0);
  default:
    return std::nullopt;
  }
}

} // namespace

IppMessage IppMessage::request(ipp_op_t operation, const std::string &printer, const std::string &user) {
  IppMessage message(ippNewRequest(operation));
  message.add(IPP_TAG_URI, "printer-uri", printer).add(IPP_TAG_NAME, "requesting-user-name", user);
  return message;
}

Result<IppMessage> IppMessage::parse(const std::string &bytes) {
  IppMessage message(ippNew());
  Reader reader{bytes};
  if (ippReadIO(&reader, readSome, 1, nullptr, message.message_.get()) != IPP_STATE_DATA)
    return wrongAnswer("IPP", fmt::format("{} bytes that are no message", bytes.size()));
  return message;
}

IppMessage &IppMessage::add(ipp_tag_t tag, const char *name, const std::string &value) {
  ippAddString(message_.get(), IPP_TAG_OPERATION, tag, name, nullptr, value.c_str());
  return *this;
}

IppMessage &IppMessage::add(const char *name, int value) {
  ippAddInteger(message_.get(), IPP_TAG_OPERATION, IPP_TAG_INTEGER, name, value);
  return *this;
}

IppMessage &IppMessage::add(const char *name, bool value) {
  ippAddBoolean(message_.get(), IPP_TAG_OPERATION, name, static_cast<char>(value));
  return *this;
}

IppMessage &IppMessage::addToJob(ipp_tag_t tag, const char *name, const std::string &value) {
  ippAddString(message_.get(), IPP_TAG_JOB, tag, name, nullptr, value.c_str());
  return *this;
}

std::string IppMessage::bytes() const {
  std::string written;
  ippSetState(message_.get(), IPP_STATE_IDLE);
  ippWriteIO(&written, writeSome, 1, nullptr, message_.get());
  return written;
}

std::string IppMessage::text(const char *name) const {
  const std::vector<std::string> all = texts(name);
  return all.empty() ? std::string() : all.front();
}

std::vector<std::string> IppMessage::texts(const char *name) const {
  std::vector<std::string> values;
  ipp_attribute_t *attribute = ippFindAttribute(message_.get(), name, IPP_TAG_ZERO);
  if (attribute == nullptr || !isText(attribute))
    return values;
  for (int at = 0; at < ippGetCount(attribute); ++at)
    if (const char *value = ippGetString(attribute, at, nullptr); value != nullptr)
      values.emplace_back(value);
  return values;
}

std::optional<int> IppMessage::number(const char *name) const {
  ipp_attribute_t *attribute = ippFindAttribute(message_.get(), name, IPP_TAG_ZERO);
  return attribute == nullptr ? std::nullopt : numberOf(attribute);
}

std::vector<int> IppMessage::numbers(const char *name) const {
  std::vector<int> values;
  for (ipp_attribute_t *each = ippFindAttribute(message_.get(), name, IPP_TAG_ZERO); each != nullptr;
       each = ippFindNextAttribute(message_.get(), name, IPP_TAG_ZERO))
    if (const auto value = numberOf(each))
      values.push_back(*value);
  return values;
}

} // namespace hotgate::harness
