#include "analyzer/package/xml.h"

#include <expat.h>
#include <limits>
#include <memory>

namespace hotgate::analyzer {

namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

struct Reading {
  XML_Parser parser;
  const std::function<void(const XmlElement &)> &visit;
  unsigned depth = 0;
  bool hasDocumentType = false;
};

constexpr unsigned deepest = 64;

void onBegin(void *context, const XML_Char *name, const XML_Char **attributes) {
  auto &reading = *static_cast<Reading *>(context);
  XmlElement element{name, reading.depth++, {}};
  element.name.remove_prefix(element.name.find(':') + 1); // npos + 1 is 0
  for (; *attributes != nullptr; attributes += 2)
    element.attributes.emplace(attributes[0], attributes[1]);
  if (reading.depth > deepest)
    XML_StopParser(reading.parser, XML_FALSE);
  else
    reading.visit(element);
}

void onEnd(void *context, const XML_Char * /*name*/) { --static_cast<Reading *>(context)->depth; }

void onDocumentType(void *context, const XML_Char * /*name*/, const XML_Char * /*system*/, const XML_Char * /*open*/,
                    int /*internal*/) {
  auto &reading = *static_cast<Reading *>(context);
  reading.hasDocumentType = true;
  XML_StopParser(reading.parser, XML_FALSE);
}

} // namespace

std::string XmlElement::text(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? std::string() : std::string(found->second);
}

Result<> readXml(std::span<const uint8_t> bytes, const std::string &entity,
                 const std::function<void(const XmlElement &)> &visit) {
  constexpr const char *next = "get the package again: its size and hash should match the publisher's";
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()))
    return failInput(entity, "", "is larger than 2 GiB", next);
  const std::unique_ptr<XML_ParserStruct, FreeParser> parser(XML_ParserCreate(nullptr));
  if (!parser)
    return failFault(entity, "", "the XML parser cannot be started", "check the memory of this machine");
  Reading reading{parser.get(), visit};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), onBegin, onEnd);
  XML_SetStartDoctypeDeclHandler(parser.get(), onDocumentType);
  if (XML_Parse(parser.get(), reinterpret_cast<const char *>(bytes.data()), static_cast<int>(bytes.size()), XML_TRUE) ==
      XML_STATUS_OK)
    return {};
  const std::string place = fmt::format("line {}", XML_GetCurrentLineNumber(parser.get()));
  if (reading.hasDocumentType)
    return failInput(entity, place, "has a document type declaration, which no package has", next);
  if (reading.depth > deepest)
    return failInput(entity, place, fmt::format("has elements more than {} deep", deepest), next);
  return failInput(entity, place, XML_ErrorString(XML_GetErrorCode(parser.get())), next);
}

} // namespace hotgate::analyzer
