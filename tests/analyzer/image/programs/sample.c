// A freestanding DLL with one of everything that the image reader reads. The same source for all machines.
typedef unsigned int u32;

__declspec(dllimport) int importByName(int);
__declspec(dllimport) int importByOrdinal(int);
__declspec(dllimport) int lazyImport(int);

int _fltused = 0;
int target = 42;
int *relocatedPointer = &target;
int zeroFilled[4096];

// Room that a test fills with a hotpatch table: its content must not matter, so it must not be folded away.
const u32 hotpatchSpace[256] = {0x48475053};

__declspec(noinline) int ordinalOnly(int value) { return value * 3 + target; }
int (*volatile called)(int) = ordinalOnly;

int work(int value) {
  for (int i = 0; i < value; ++i)
    zeroFilled[i & 4095] += importByName(i) + importByOrdinal(i) + lazyImport(i) + called(i);
  return zeroFilled[value & 4095];
}

#if defined(__i386__)
void *__stdcall __delayLoadHelper2(const void *descriptor, void *slot) {
#else
void *__delayLoadHelper2(const void *descriptor, void *slot) {
#endif
  return (void *)((const char *)descriptor + *(int *)slot);
}

#if defined(__i386__)
int __stdcall start(void *module, u32 reason, void *reserved) {
#else
int start(void *module, u32 reason, void *reserved) {
#endif
  return work((int)reason) + (int)hotpatchSpace[reason & 255] + (module == reserved);
}
