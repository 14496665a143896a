// Enough sections to fill the headers to their last byte, when CROWDED: one more needs longer headers.
#ifdef CROWDED
#define IN_SECTION(n) extern "C" __attribute__((section(".many" #n))) const int g_inSection##n = n;
IN_SECTION(01)
IN_SECTION(02)
IN_SECTION(03)
IN_SECTION(04)
IN_SECTION(05)
IN_SECTION(06)
IN_SECTION(07)
IN_SECTION(10)
IN_SECTION(11)
IN_SECTION(12)
IN_SECTION(13)
#endif
