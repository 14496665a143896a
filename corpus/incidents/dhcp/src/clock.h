// The time of day in seconds since 1970, UTC.
#pragma once

#include "win32.h"

uint64_t NowSeconds();
