// Reference slots: pointers `__ref_X` in the hotpatch image's read-only data, through which patched code reaches the
// base's X. One that leads elsewhere, or nowhere, gives the patched code another variable or a second copy.
#pragma once

#include "analyzer/hotpatch/record_audit.h"

namespace hotgate::analyzer {

// Of one ABSOLUTE record: otherVariable, insideVariable, otherSize. What the slot should lead to is taken from its
// `__ref_` name, else from where the linker let it lead in the hotpatch image itself. Nothing where names are missing.
[[nodiscard]] std::vector<HotpatchOddity> auditReferenceSlot(const AuditedImage &base, const AuditedImage &hotpatch,
                                                             const HotpatchRecord &record);

struct UnboundReference {
  std::string name; // "__ref_g_leases"
  uint32_t rva = 0;
};
// `__ref_` symbols that no ABSOLUTE record for this base writes to, by RVA.
[[nodiscard]] std::vector<UnboundReference> unboundReferences(const AuditedImage &hotpatch, const HotpatchTable &table,
                                                              uint32_t baseIndex);

} // namespace hotgate::analyzer
