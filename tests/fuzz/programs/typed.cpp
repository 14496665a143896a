// A small program with one of every kind of type and symbol record that the PDB reader reads: its PDB is what the
// fuzzer begins with.
extern "C" int _fltused = 0;

namespace lease {

enum class State : unsigned char { free, offered, bound };

struct Address {
  unsigned char bytes[4];
};

class Record {
public:
  virtual ~Record() {}
  virtual int renew(int seconds) { return seconds + expiry; }
  int expiry = 1;
};

struct Lease : Record {
  int renew(int seconds) override { return seconds * 2; }
  State state = State::free;
  unsigned renewable : 1;
  unsigned retries : 5;
  union {
    Address v4;
    unsigned long long v6[2];
  };
  const Address *const volatile *next;
  int (*callback)(const Lease &, double);
  int (Record::*method)(int);
};

struct Incomplete;
Incomplete *opaque;

inline int clamp(int value) { return value < 0 ? 0 : value; }

static int count = 3;
Lease leases[2];

__attribute__((noinline)) static int sum(Lease &lease, Address &&address) {
  static int calls;
  ++calls;
  return clamp(lease.renew(address.bytes[0])) + clamp(count) + calls;
}

} // namespace lease

extern "C" int atexit(void (*)()) { return 0; }
void operator delete(void *, unsigned long long) noexcept {}
extern "C" const void *const typeInformation[2] __asm__("??_7type_info@@6B@") = {};

extern "C" __declspec(dllexport) int start(void *, unsigned reason, void *) {
  lease::Address address = {{static_cast<unsigned char>(reason)}};
  return lease::sum(lease::leases[reason & 1], static_cast<lease::Address &&>(address)) + (lease::opaque != nullptr);
}
