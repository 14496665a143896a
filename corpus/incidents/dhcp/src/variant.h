// What each KB changes in this one source tree. The build sets the switches (../CMakeLists.txt); none set is the base.
//
//   switch             where                         what it does
//   KB_OPTION_FIX      options.cpp                   the fix, in every KB
//   KB_AUDIT_LEAK      audit.cpp, AuditRequest       the record is not freed
//   KB_SMALL_LEAK      audit.cpp, AuditRequest       256 bytes are kept, the heap's own among them
//   KB_HANDLE_LEAK     audit.cpp, AuditRequest       an event is made and not closed
//   KB_SLOW_AUDIT      audit.cpp, AuditRequest       waits, with the lease lock held
//   KB_RENEWAL_HANG    leases.cpp, RenewLease        audit lock before lease lock
//   KB_EXPIRY_PERIOD   server.cpp, ExpiryThread      another period: a thread is inside at all times
//   KB_LEASE_LAYOUT    leases.h, struct Lease        a member in the middle
//
// half-redirected and wrong-base are built as `good`; what is wrong with them is in their hotpatch image.
// BUILD_NUMBER names the month; the other month's base differs in nothing else.
#pragma once

#ifndef KB_OPTION_FIX
#define KB_OPTION_FIX 0
#endif
#ifndef KB_AUDIT_LEAK
#define KB_AUDIT_LEAK 0
#endif
#ifndef KB_SMALL_LEAK
#define KB_SMALL_LEAK 0
#endif
#ifndef KB_HANDLE_LEAK
#define KB_HANDLE_LEAK 0
#endif
#ifndef KB_SLOW_AUDIT
#define KB_SLOW_AUDIT 0
#endif
#ifndef KB_RENEWAL_HANG
#define KB_RENEWAL_HANG 0
#endif
#ifndef KB_EXPIRY_PERIOD
#define KB_EXPIRY_PERIOD 0
#endif
#ifndef KB_LEASE_LAYOUT
#define KB_LEASE_LAYOUT 0
#endif
#ifndef BUILD_NUMBER
#define BUILD_NUMBER "26100.6905"
#endif
