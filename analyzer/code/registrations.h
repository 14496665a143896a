// Functions that the system calls by an address it was given: what threads run, what runs once at start, callbacks.
//
// A function counts as registered when its address is loaded between the call before and the call of an API that takes
// one (`lea r8, WorkerMain` ... `call CreateThread`), or, as the argument in question, before the call of a function of
// the program that hands just this parameter on to such an API (forwarded_parameter.h). Addresses that are kept in data
// first, or handed through more than a few functions, are not seen.
#pragma once

#include "analyzer/code/program.h"

#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class RegisteredAs : uint8_t {
  thread,      // a thread's first function: CreateThread
  serviceMain, // StartServiceCtrlDispatcher
  once,        // InitOnceExecuteOnce
  initializer, // before main: tables of the C and C++ run-time (`__xc_a`, `__CTOR_LIST__`), `_initterm`
  tlsCallback, // of the TLS directory
  dllEntry,    // the entry point of a DLL
  callback,    // timers, pools, control handlers: called again and again
};
[[nodiscard]] std::string_view registeredAsName(RegisteredAs as); // "thread"

struct Registration {
  FunctionIndex function = 0;
  RegisteredAs as = RegisteredAs::callback;
  std::string by;    // "CreateThread"; "TLS directory", "table __xc_a", "entry point"
  uint32_t site = 0; // RVA of the call; 0 when the image's own tables say it
};

// By function, then site. Errors: fault, when no decoder can be had.
[[nodiscard]] Result<std::vector<Registration>> registrations(const Program &program);

} // namespace hotgate::analyzer
