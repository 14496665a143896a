#include "analyzer/diff/slot_proof.h"

#include "analyzer/diff/listing.h"
#include "analyzer/image/unwind_info.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t largestBody = 1U << 16; // bytes

// The 64-bit general registers, each with its narrower names.
constexpr std::array<std::array<std::string_view, 5>, 16> registerNames{{
    {"rax", "eax", "ax", "al", "ah"},
    {"rcx", "ecx", "cx", "cl", "ch"},
    {"rdx", "edx", "dx", "dl", "dh"},
    {"rbx", "ebx", "bx", "bl", "bh"},
    {"rsp", "esp", "sp", "spl", ""},
    {"rbp", "ebp", "bp", "bpl", ""},
    {"rsi", "esi", "si", "sil", ""},
    {"rdi", "edi", "di", "dil", ""},
    {"r8", "r8d", "r8w", "r8b", ""},
    {"r9", "r9d", "r9w", "r9b", ""},
    {"r10", "r10d", "r10w", "r10b", ""},
    {"r11", "r11d", "r11w", "r11b", ""},
    {"r12", "r12d", "r12w", "r12b", ""},
    {"r13", "r13d", "r13w", "r13b", ""},
    {"r14", "r14d", "r14w", "r14b", ""},
    {"r15", "r15d", "r15w", "r15b", ""},
}};
using Register = size_t; // index into registerNames

bool isNameCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool hasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    if ((at == 0 || !isNameCharacter(text[at - 1])) &&
        (at + word.size() == text.size() || !isNameCharacter(text[at + word.size()])))
      return true;
  return false;
}

bool mentions(std::string_view text, Register which) {
  return std::ranges::any_of(registerNames[which],
                             [&](std::string_view name) { return !name.empty() && hasWord(text, name); });
}

std::optional<Register> registerNamed(std::string_view name, size_t widths) {
  for (Register i = 0; i < registerNames.size(); ++i)
    for (size_t width = 0; width < widths; ++width)
      if (registerNames[i][width] == name)
        return i;
  return std::nullopt;
}

// "mov", "eax", "dword ptr [rip + 0x1f3a]"; Intel syntax.
struct Operands {
  std::string_view mnemonic, first, rest;
  explicit Operands(std::string_view text) {
    constexpr std::string_view lock = "lock";
    if (text.starts_with(lock))
      text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t", lock.size())));
    const size_t tab = text.find_first_of(" \t");
    mnemonic = text.substr(0, tab);
    if (tab == std::string_view::npos)
      return;
    const std::string_view operands = text.substr(tab + 1);
    const size_t comma = operands.find(',');
    first = operands.substr(0, comma);
    rest = comma == std::string_view::npos ? "" : operands.substr(comma + 1);
  }
};

// Instructions that read and write nothing but what they name, and flags: an untold operand could be the register that
// a proof is about.
bool namesAllOperands(std::string_view mnemonic) {
  constexpr std::array<std::string_view, 30> known{
      "mov", "lea",  "movzx", "movsx",  "movsxd", "add",    "sub",    "and",   "or",    "xor",
      "cmp", "test", "inc",   "dec",    "neg",    "not",    "shl",    "shr",   "sar",   "nop",
      "bt",  "bts",  "btr",   "movups", "movaps", "movdqu", "movdqa", "movss", "xorps", "pxor"};
  return std::ranges::find(known, mnemonic) != known.end();
}

struct Step {
  Instruction instruction;
  std::string text;
  std::span<const Reference> references;
};

// Empty when the body does not decode.
std::vector<Step> stepsOf(Decoder &decoder, const Program &program, const Function &function) {
  std::vector<Step> steps;
  const auto bytes = program.bytesOf(function.body);
  const auto references = function.referencesIn(function.body);
  auto reference = references.begin();
  for (uint32_t at = 0; at < bytes.size();) {
    Step step;
    if (!decoder.decodeWithText(bytes.subspan(at), function.body.rva + at, step.instruction, step.text))
      return {};
    auto own = reference;
    while (own != references.end() && own->field < step.instruction.end())
      ++own;
    step.references = {reference, own};
    reference = own;
    at += step.instruction.size;
    steps.push_back(std::move(step));
  }
  return steps;
}

// Both stand in the memory operand's place: the text without it, and what lies between its brackets.
struct MemoryOperand {
  std::string around, inside;
};
std::optional<MemoryOperand> memoryOperandOf(const std::string &text) {
  const size_t begin = text.find('[');
  const size_t end = text.find(']', begin);
  if (begin == std::string::npos || end == std::string::npos)
    return std::nullopt;
  return MemoryOperand{text.substr(0, begin) + text.substr(end), text.substr(begin + 1, end - begin - 1)};
}

class Proof {
public:
  Proof(const Referents &base, const Referents &hot, const BoundSlots &slots, Decoder &decoder, const Function &post,
        const Function &hotpatch)
      : base_(base), hot_(hot), slots_(slots), post_(post), hotpatch_(hotpatch),
        postSteps_(stepsOf(decoder, hot.pre(), post)), hotSteps_(stepsOf(decoder, hot.post(), hotpatch)) {}

  // "" when both bodies do the same.
  std::string obstacle() {
    if (hot_.pre().image().machine() != Machine::x64)
      return "only bodies of x64 are proved";
    if (std::string shape = obstacleInShape(); !shape.empty())
      return shape;
    for (const Step &step : hotSteps_)
      if (const auto target = branchInside(step, hotpatch_))
        joins_.insert(*target);
    size_t post = 0;
    size_t hot = 0;
    while (hot < hotSteps_.size()) {
      const size_t group = hot; // with the loads of slots in front
      if (joins_.contains(hotSteps_[hot].instruction.rva) && !pending_.empty())
        return at("a branch leads between a load of a slot and its use", hot);
      if (joins_.contains(hotSteps_[hot].instruction.rva))
        known_.fill(std::nullopt);
      while (hot < hotSteps_.size() && isExtraLoad(hot, post)) {
        if (hot != group && joins_.contains(hotSteps_[hot].instruction.rva))
          return at("a branch leads between a load of a slot and its use", hot);
        pending_.insert(loadedRegister(hotSteps_[hot])->which);
        noteLoad(hotSteps_[hot]);
        ++hot;
      }
      if (hot == hotSteps_.size() || post == postSteps_.size())
        return at("one body ends before the other", std::min(hot, hotSteps_.size() - 1));
      if (hot != group && joins_.contains(hotSteps_[hot].instruction.rva))
        return at("a branch leads between a load of a slot and its use", hot);
      if (!isSameStep(postSteps_[post], hotSteps_[hot]))
        return at("the instructions differ in more than a slot", hot);
      if (!settlePending(postSteps_[post]))
        return at("the register that a slot was loaded into may still be in use", hot);
      noteWrites(hotSteps_[hot]);
      pairs_.emplace(postSteps_[post].instruction.rva, hotSteps_[group].instruction.rva);
      ++hot;
      ++post;
    }
    if (post != postSteps_.size())
      return "the hotpatch image's body ends before the update's";
    return obstacleInBranches();
  }

private:
  struct Load {
    Register which = 0;
    uint32_t base = 0; // RVA of the variable in the base
  };

  static std::string at(std::string_view what, uint32_t rva) { return fmt::format("{} (RVA 0x{:x})", what, rva); }
  std::string at(std::string_view what, size_t hot) const { return at(what, hotSteps_[hot].instruction.rva); }

  std::string obstacleInShape() const {
    for (const auto *function : {&post_, &hotpatch_})
      if (!function->fragments.empty() || !function->jumpTables.empty() || function->totalSize() > largestBody)
        return "a body has several parts or a jump table, or is very large";
    if (postSteps_.empty() || hotSteps_.empty())
      return "a body does not decode";
    if (!haveSameUnwind())
      return "the prologues differ, or an exception handler covers a body";
    return {};
  }

  // Codes that undo the same prologue, and no handler.
  bool haveSameUnwind() const {
    const auto codesOf = [](const Image &image, const Function &function) -> std::optional<std::vector<uint8_t>> {
      const auto all = image.functionRanges();
      const auto range = std::ranges::lower_bound(all, function.body.rva, {}, &FunctionRange::begin);
      if (range == all.end() || range->begin >= function.body.end())
        return std::vector<uint8_t>(); // a leaf
      const uint32_t record = unwindRecordOf(image, *range);
      const auto info = readUnwindInfo(image.machine(), image.bytesFrom(record));
      const auto next = std::next(range);
      if (range->begin != function.body.rva || (next != all.end() && next->begin < function.body.end()) || !info ||
          info->isChained || info->hasHandler)
        return std::nullopt;
      const auto bytes = image.bytesFrom(record, info->tailOffset);
      return std::vector<uint8_t>(bytes.begin(), bytes.end());
    };
    const auto post = codesOf(hot_.pre().image(), post_);
    return post && post == codesOf(hot_.post().image(), hotpatch_);
  }

  // `mov r64, qword ptr [rip + slot]` of a bound slot.
  std::optional<Load> loadedRegister(const Step &step) const {
    const Operands operands(step.text);
    if (operands.mnemonic != "mov" || step.references.size() != 1 || !step.instruction.mayLoad ||
        step.references.front().kind != ReferenceKind::data)
      return std::nullopt;
    const auto slot = slots_.find(step.references.front().target);
    const auto which = registerNamed(operands.first, 1);
    if (slot == slots_.end() || !which)
      return std::nullopt;
    return Load{*which, slot->second};
  }

  // `lea r64, [rip + variable]` of the variable that the load brings the address of, into the same register.
  bool isAddressOf(const Step &post, const Load &load) const {
    const Operands operands(post.text);
    return operands.mnemonic == "lea" && post.references.size() == 1 &&
           operands.first == registerNames[load.which][0] && base_.same(load.base, post.references.front().target);
  }

  bool isExtraLoad(size_t hot, size_t post) const {
    const auto load = loadedRegister(hotSteps_[hot]);
    if (!load || (post < postSteps_.size() && isAddressOf(postSteps_[post], *load)))
      return false;
    // The update, compiled with slots as well, loads the same slot.
    return post >= postSteps_.size() || !isSamePlain(postSteps_[post], hotSteps_[hot]);
  }

  void noteLoad(const Step &step) {
    const auto load = loadedRegister(step);
    known_[load->which] = load->base;
  }

  bool isSameStep(const Step &post, const Step &hot) {
    if (const auto load = loadedRegister(hot); load && isAddressOf(post, *load))
      return true;
    return isSameBranch(post, hot) || isSamePlain(post, hot) || isSameThroughSlot(post, hot);
  }

  // Inside both functions: where to is compared when all steps are paired.
  bool isSameBranch(const Step &post, const Step &hot) {
    const auto from = branchInside(post, post_);
    const auto to = branchInside(hot, hotpatch_);
    if (!from || !to || Operands(post.text).mnemonic != Operands(hot.text).mnemonic)
      return false;
    branches_.emplace_back(*from, *to);
    return true;
  }

  static std::optional<uint32_t> branchInside(const Step &step, const Function &function) {
    for (const Reference &reference : step.references)
      if (reference.kind == ReferenceKind::branch && function.contains(reference.target))
        return reference.target;
    return std::nullopt;
  }

  // The same bytes but for references, and the same referents.
  bool isSamePlain(const Step &post, const Step &hot) const {
    if (post.instruction.opcode != hot.instruction.opcode || post.references.size() != hot.references.size() ||
        branchInside(post, post_) || branchInside(hot, hotpatch_))
      return false;
    for (size_t i = 0; i < post.references.size(); ++i)
      if (post.references[i].kind != hot.references[i].kind || !hot_.same(post.references[i], hot.references[i]))
        return false;
    if (post.references.empty())
      return post.text == hot.text;
    const auto ofPost = memoryOperandOf(post.text);
    const auto ofHot = memoryOperandOf(hot.text);
    if (ofPost.has_value() != ofHot.has_value())
      return false;
    if (!ofPost) // `call f`, `jmp f`: the target is all there is
      return Operands(post.text).mnemonic == Operands(hot.text).mnemonic &&
             (post.instruction.flow != Flow::next || post.text == hot.text);
    return ofPost->around == ofHot->around && ofPost->inside.starts_with("rip") && ofHot->inside.starts_with("rip");
  }

  // `[rip + variable]` and `[rax + 8]`, where rax holds what the loader put into a slot.
  bool isSameThroughSlot(const Step &post, const Step &hot) const {
    const auto ofPost = memoryOperandOf(post.text);
    const auto ofHot = memoryOperandOf(hot.text);
    if (!ofPost || !ofHot || post.instruction.opcode != hot.instruction.opcode || ofPost->around != ofHot->around ||
        !ofPost->inside.starts_with("rip") || post.references.size() != 1 || !hot.references.empty() ||
        post.references.front().kind != ReferenceKind::data)
      return false;
    const auto place = placeOf(ofHot->inside);
    return place && base_.same(*place, post.references.front().target, post.references.front().accessWidth);
  }

  // "rax", "rax + 0x8", "rax - 8", of a register whose content is known: the RVA in the base.
  std::optional<uint32_t> placeOf(std::string_view inside) const {
    const size_t space = inside.find(' ');
    const auto which = registerNamed(inside.substr(0, space), 1);
    if (!which || !known_[*which])
      return std::nullopt;
    if (space == std::string_view::npos)
      return known_[*which];
    const std::string_view sign = inside.substr(space, 3);
    std::string_view digits = inside.substr(std::min(inside.size(), space + 3));
    const int base = digits.starts_with("0x") ? 16 : 10;
    if (base == 16)
      digits.remove_prefix(2);
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty())
      return std::nullopt;
    if (sign == " + ")
      return *known_[*which] + number;
    return sign == " - " ? std::optional(*known_[*which] - number) : std::nullopt;
  }

  // False when a register that only the hotpatch image's body has written may be read by the update's.
  bool settlePending(const Step &post) {
    if (pending_.empty())
      return true;
    const Operands operands(post.text);
    if (post.instruction.flow != Flow::next || !namesAllOperands(operands.mnemonic))
      return false;
    for (auto which = pending_.begin(); which != pending_.end();) {
      if (!mentions(post.text, *which)) {
        ++which;
        continue;
      }
      if (!isOverwritten(operands, *which))
        return false;
      which = pending_.erase(which);
    }
    return true;
  }

  // Wholly (a 32-bit register's write clears the upper half), and by something else than itself.
  static bool isOverwritten(const Operands &operands, Register which) {
    constexpr std::array<std::string_view, 5> moves{"mov", "lea", "movzx", "movsx", "movsxd"};
    return std::ranges::find(moves, operands.mnemonic) != moves.end() &&
           (operands.first == registerNames[which][0] || operands.first == registerNames[which][1]) &&
           !mentions(operands.rest, which);
  }

  // What the hotpatch image's step may write is not known any more.
  void noteWrites(const Step &hot) {
    if (const auto load = loadedRegister(hot)) {
      known_[load->which] = load->base;
      return;
    }
    const Operands operands(hot.text);
    const bool isTold = namesAllOperands(operands.mnemonic);
    for (Register i = 0; i < known_.size(); ++i)
      if (hot.instruction.flow == Flow::call || hot.instruction.flow == Flow::indirectCall || !isTold ||
          (mentions(operands.first, i) && operands.first.find('[') == std::string_view::npos))
        if (hot.instruction.flow != Flow::conditionalBranch)
          known_[i].reset();
  }

  std::string obstacleInBranches() const {
    for (const auto &[from, to] : branches_) {
      const auto pair = pairs_.find(from);
      if (pair == pairs_.end() || pair->second != to)
        return at("a branch leads to another step", to);
    }
    return {};
  }

  const Referents &base_; // base and update
  const Referents &hot_;  // update and hotpatch image
  const BoundSlots &slots_;
  const Function &post_;
  const Function &hotpatch_;
  std::vector<Step> postSteps_, hotSteps_;
  std::array<std::optional<uint32_t>, registerNames.size()> known_; // RVAs in the base
  std::set<Register> pending_; // written by a load that the update does not have, and not yet overwritten
  std::set<uint32_t> joins_;   // RVAs in the hotpatch image that branches lead to
  std::map<uint32_t, uint32_t> pairs_;
  std::vector<std::pair<uint32_t, uint32_t>> branches_;
};

bool loadsMoreSlots(const Program &post, const Function &postBody, const Function &hotBody, const BoundSlots &slots) {
  const auto isSlot = [&](const Reference &reference) { return slots.contains(reference.target); };
  if (std::ranges::none_of(hotBody.references, isSlot))
    return false;
  // The update names a variable where the hotpatch image goes through its slot.
  return std::ranges::any_of(postBody.references, [&](const Reference &reference) {
    const Section *section = post.image().sectionAt(reference.target);
    return section != nullptr && section->isWritable() && !section->isExecutable();
  });
}

std::vector<ListingRow> bodiesOf(const Referents &referents, Decoder &decoder, const Function &post,
                                 const Function &hotpatch) {
  std::vector<ListingRow> rows;
  for (ExplainedRow &explained : explainBodies(referents, decoder, post, hotpatch))
    rows.push_back(std::move(explained.row));
  return rows;
}

} // namespace

BoundSlots boundSlots(const HotpatchTable &table) {
  BoundSlots slots;
  for (const HotpatchRecord &record : table.records)
    if (record.inverse && record.type == hotpatch::ChunkType::absolute)
      slots.emplace(record.writtenRva, record.targetRva);
  return slots;
}

Result<std::vector<SlotProof>> proveThroughSlots(const ThreeBuilds &builds, const BoundSlots &slots) {
  std::vector<SlotProof> proofs;
  if (slots.empty())
    return proofs;
  HOTGATE_TRY(Decoder decoder, Decoder::create(builds.post.image().machine()));
  const Referents base(builds.pre, builds.post, *builds.postDiff.pairing);
  const Referents hot(builds.post, builds.hotpatch, *builds.hotpatchDiff.pairing);
  for (const FunctionDifference &difference : builds.hotpatchDiff.functions) {
    if (difference.status != ChangeStatus::changed)
      continue;
    const Function &post = builds.post.functions()[*difference.pre];
    const Function &hotpatch = builds.hotpatch.functions()[*difference.post];
    if (!loadsMoreSlots(builds.post, post, hotpatch, slots))
      continue;
    SlotProof proof{*difference.pre, *difference.post, builds.budget.reason(), {}};
    if (!builds.budget.isSpent())
      proof.obstacle = Proof(base, hot, slots, decoder, post, hotpatch).obstacle();
    if (!proof.isProved())
      proof.bodies = bodiesOf(hot, decoder, post, hotpatch);
    proofs.push_back(std::move(proof));
  }
  return proofs;
}

} // namespace hotgate::analyzer
