#include "analyzer/code/instruction.h"

namespace hotgate::analyzer {

uint32_t fieldBits(FieldForm form) {
  switch (form) {
  case FieldForm::bytes:
    return 0;
  case FieldForm::arm64Branch26:
    return 0x03FFFFFF;
  case FieldForm::arm64Branch19:
  case FieldForm::arm64Literal19:
    return 0x00FFFFE0;
  case FieldForm::arm64Branch14:
    return 0x0007FFE0;
  case FieldForm::arm64Address21:
    return 0x60FFFFE0;
  case FieldForm::arm64Offset12:
    return 0x003FFC00;
  case FieldForm::arm64Offset9:
    return 0x001FF000;
  case FieldForm::arm64Offset7:
    return 0x003F8000;
  case FieldForm::arm64Move16:
    return 0x001FFFE0;
  case FieldForm::arm64Bitmask13:
    return 0x007FFC00;
  }
  return 0;
}

} // namespace hotgate::analyzer
