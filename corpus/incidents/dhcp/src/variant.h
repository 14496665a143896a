// What each KB changes in this one source tree. The build sets the switches (../CMakeLists.txt); none set is the base.
//
//   switch             good  audit-leak  renewal-hang  lease-layout   what it does
//   KB_OPTION_FIX       x        x            x             x         the fix: options.cpp
//   KB_AUDIT_LEAK                x                                    audit.cpp, AuditRequest: the record is not freed
//   KB_RENEWAL_HANG                           x                       leases.cpp, RenewLease: audit lock before lease
//   lock KB_LEASE_LAYOUT                                         x         leases.h, struct Lease: a member in the
//   middle
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
#ifndef KB_RENEWAL_HANG
#define KB_RENEWAL_HANG 0
#endif
#ifndef KB_LEASE_LAYOUT
#define KB_LEASE_LAYOUT 0
#endif
#ifndef BUILD_NUMBER
#define BUILD_NUMBER "26100.6905"
#endif
