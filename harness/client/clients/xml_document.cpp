#include "harness/client/clients/xml_document.h"

#include "harness/client/clients/client_error.h"

#include <libxml/parser.h>

namespace hotgate::harness {
namespace {

std::string textOf(const xmlChar *text) { return text == nullptr ? "" : reinterpret_cast<const char *>(text); }

std::string takeText(xmlChar *text) {
  std::string taken = textOf(text);
  xmlFree(text);
  return taken;
}

} // namespace

std::string XmlElement::name() const { return textOf(node_->name); }

std::string XmlElement::space() const { return node_->ns == nullptr ? "" : textOf(node_->ns->href); }

std::vector<XmlElement> XmlElement::children() const {
  std::vector<XmlElement> found;
  for (xmlNode *each = node_->children; each != nullptr; each = each->next)
    if (each->type == XML_ELEMENT_NODE)
      found.emplace_back(each);
  return found;
}

std::vector<XmlElement> XmlElement::children(const std::string &name) const {
  std::vector<XmlElement> found;
  for (const XmlElement &each : children())
    if (each.name() == name)
      found.push_back(each);
  return found;
}

std::optional<XmlElement> XmlElement::child(const std::string &name) const {
  const std::vector<XmlElement> found = children(name);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

std::optional<XmlElement> XmlElement::find(const std::vector<std::string> &path) const {
  std::optional<XmlElement> found = *this;
  for (const std::string &name : path)
    if (found)
      found = found->child(name);
  return found;
}

std::string XmlElement::text() const {
  constexpr const char *spaces = " \t\r\n";
  const std::string whole = takeText(xmlNodeGetContent(node_));
  const size_t begin = whole.find_first_not_of(spaces);
  return begin == std::string::npos ? "" : whole.substr(begin, whole.find_last_not_of(spaces) - begin + 1);
}

std::string XmlElement::text(const std::string &child) const {
  const auto found = this->child(child);
  return found ? found->text() : "";
}

std::string XmlElement::attribute(const std::string &name) const {
  return takeText(xmlGetNoNsProp(node_, reinterpret_cast<const xmlChar *>(name.c_str())));
}

Result<XmlDocument> XmlDocument::parse(const std::string &what, const std::string &text) {
  XmlDocument document(xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  if (!document.document_ || xmlDocGetRootElement(document.document_.get()) == nullptr)
    return wrongAnswer(what, fmt::format("{} bytes that are no XML", text.size()));
  if (document.document_->intSubset != nullptr)
    return wrongAnswer(what, "has a document type, which nothing that we ask for has");
  return document;
}

} // namespace hotgate::harness
