// The counters: see statistics.h.
#include "statistics.h"

Statistics g_statistics = {};
