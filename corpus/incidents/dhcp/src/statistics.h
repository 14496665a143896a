// The server's counters, the only mutable global that more than the start-up code sees.
//
// A hotpatch image is a whole second image: code in it that names g_statistics would count into that image's own copy.
// So the functions that a KB replaces reach the counters through a constant pointer, which the hotpatch image's
// INVERSE ABSOLUTE record binds to the running image's variable. In the base they name the variable itself.
#pragma once

#include "variant.h"
#include "win32.h"

struct Statistics {
  LONG received;
  LONG dropped; // the queue was full
  LONG parsed;  // option areas read
  LONG malformedPackets;
  LONG malformedOptions;
};

extern "C" Statistics g_statistics;

#if KB_OPTION_FIX
// Defined in references.cpp, a unit of its own: where the compiler saw the value it would use the variable at once.
extern "C" Statistics *const __ref_g_statistics; // NOLINT(bugprone-reserved-identifier): the compiler pass's name
#define PATCHED_STATISTICS (*__ref_g_statistics)
#else
#define PATCHED_STATISTICS g_statistics
#endif

inline void Count(LONG *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
