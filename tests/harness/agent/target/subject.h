// The functions that the tests patch. VERSION 1 is the base; 2 and 3 are the fixes of two hotpatches.
#pragma once

int Answer(int x);            // x + VERSION
int Count();                  // a counter shared by all versions: 1000 * VERSION + how often it was called
int Imports();                // VERSION 1: the length of a text; later: through imports, one of which the base lacks
int Guarded();                // VERSION 1: 1; later: the same after catching an exception, which needs unwind data
int Blocking();               // VERSION; waits inside until it is let go
int EveryVersion();           // changed by VERSION 2 only: goes back to the base with 3
extern "C" int Odd(int x);    // x + VERSION, at an address with (f & 7) == 7
extern "C" int OddToo(int x); // the same, on the same page
extern "C" int Unpadded();    // VERSION, with code where the padding should be

// Events of the driver, made before any call.
extern "C" void *g_insideBlocking;
extern "C" void *g_letGo;
extern "C" int g_calloutLog;    // decimal digits: stage + 1 of each callout
extern "C" int g_refuseCallout; // stage + 1 that the callout shall refuse
