// XML of a server, on libxml2: nothing is fetched, no document type is taken (so there are no entities but XML's own),
// and depth and size have libxml2's limits.
#pragma once

#include "support/result.h"

#include <libxml/tree.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness {

// One element of a document, which outlives it. Names are without their prefix.
class XmlElement {
public:
  explicit XmlElement(xmlNode *node) : node_(node) {}

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string space() const; // its namespace
  [[nodiscard]] std::vector<XmlElement> children() const;
  [[nodiscard]] std::vector<XmlElement> children(const std::string &name) const;
  [[nodiscard]] std::optional<XmlElement> child(const std::string &name) const; // the first
  // A descendant by a path of first children: {"Deployment", "Action"}.
  [[nodiscard]] std::optional<XmlElement> find(const std::vector<std::string> &path) const;
  // What is in it, without the spaces around; "" when there is none.
  [[nodiscard]] std::string text() const;
  // The text of that child; "" when there is none.
  [[nodiscard]] std::string text(const std::string &child) const;
  [[nodiscard]] std::string attribute(const std::string &name) const;

private:
  xmlNode *node_;
};

class XmlDocument {
public:
  // Errors are wrongAnswer() of client_error.h; `what` is whose XML it is.
  static Result<XmlDocument> parse(const std::string &what, const std::string &text);
  [[nodiscard]] XmlElement root() const { return XmlElement(xmlDocGetRootElement(document_.get())); }

private:
  struct DocumentEnd {
    void operator()(xmlDoc *document) const { xmlFreeDoc(document); }
  };
  explicit XmlDocument(xmlDoc *document) : document_(document) {}

  std::unique_ptr<xmlDoc, DocumentEnd> document_;
};

} // namespace hotgate::harness
