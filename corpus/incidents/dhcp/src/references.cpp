// References of patched functions to mutable globals: see statistics.h. Part of the post builds only.
#include "statistics.h"

Statistics *const __ref_g_statistics = &g_statistics; // NOLINT(bugprone-reserved-identifier): the compiler pass's name
