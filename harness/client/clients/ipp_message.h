// IPP requests and answers (RFC 8010), on libcups' own coding; who carries them is not its business.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <cups/ipp.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness {

class IppMessage {
public:
  // With the attributes that every request begins with.
  static IppMessage request(ipp_op_t operation, const std::string &printer, const std::string &user);
  // The message at the beginning of `bytes`, which must be one whole. Errors are wrongAnswer() of client_error.h.
  static Result<IppMessage> parse(const std::string &bytes);

  // Of the operation; the names and tags are RFC 8011's.
  IppMessage &add(ipp_tag_t tag, const char *name, const std::string &value);
  IppMessage &add(const char *name, int value);
  IppMessage &add(const char *name, bool value);
  // Of the job.
  IppMessage &addToJob(ipp_tag_t tag, const char *name, const std::string &value);
  [[nodiscard]] std::string bytes() const;

  [[nodiscard]] ipp_status_t status() const { return ippGetStatusCode(message_.get()); }
  [[nodiscard]] bool isSuccess() const { return status() < IPP_STATUS_REDIRECTION_OTHER_SITE; }
  [[nodiscard]] std::string statusText() const { return ippErrorString(status()); }
  // The attribute's first value, in any group; "" or nullopt when there is none of this kind.
  [[nodiscard]] std::string text(const char *name) const;
  [[nodiscard]] std::optional<int> number(const char *name) const;
  [[nodiscard]] std::vector<std::string> texts(const char *name) const;
  // Of each group that has it: the jobs of a list.
  [[nodiscard]] std::vector<int> numbers(const char *name) const;

private:
  struct MessageEnd {
    void operator()(ipp_t *message) const { ippDelete(message); }
  };
  explicit IppMessage(ipp_t *message) : message_(message) {}

  std::unique_ptr<ipp_t, MessageEnd> message_;
};

} // namespace hotgate::harness
