// hotgate_bare_decode IMAGE...: the yardstick. Decodes every function of the images once, on one core, with LLVM MC and
// nothing else (no symbolizer, no text, nothing kept), and prints the seconds that this took.
//
// Functions are the ranges of the exception directory. What does not decode (a jump table inside a function) is passed
// over byte by byte. Opening the images is not part of the time.
#include "analyzer/image/image.h"

#include <chrono>
#include <cstdio>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

namespace {

using hotgate::analyzer::FunctionRange;
using hotgate::analyzer::Image;

struct Decoded {
  uint64_t instructions = 0;
  uint64_t bytes = 0;
};

Decoded decodeFunctions(const llvm::MCDisassembler &disassembler, const Image &image) {
  Decoded decoded;
  llvm::MCInst instruction;
  for (const FunctionRange &range : image.functionRanges()) {
    const auto code = image.bytesFrom(range.begin);
    const llvm::ArrayRef<uint8_t> body(code.data(), std::min<size_t>(code.size(), range.end - range.begin));
    for (size_t at = 0; at < body.size();) {
      uint64_t size = 0;
      instruction.clear();
      const bool good = disassembler.getInstruction(instruction, size, body.drop_front(at), range.begin + at,
                                                    llvm::nulls()) == llvm::MCDisassembler::Success;
      decoded.instructions += good ? 1 : 0;
      at += good && size != 0 ? size : 1;
    }
    decoded.bytes += body.size();
  }
  return decoded;
}

} // namespace

int main(int count, char **arguments) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86Disassembler();
  const std::string triple = "x86_64-pc-windows-msvc";
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) {
    std::fprintf(stderr, "error: %s\n", error.c_str());
    return 6;
  }
  const std::unique_ptr<llvm::MCRegisterInfo> registers(target->createMCRegInfo(triple));
  const std::unique_ptr<llvm::MCAsmInfo> assembly(target->createMCAsmInfo(*registers, triple, llvm::MCTargetOptions()));
  const std::unique_ptr<llvm::MCSubtargetInfo> subtarget(target->createMCSubtargetInfo(triple, "", ""));
  llvm::MCContext context(llvm::Triple(triple), assembly.get(), registers.get(), subtarget.get());
  const std::unique_ptr<llvm::MCDisassembler> disassembler(target->createMCDisassembler(*subtarget, context));

  std::vector<Image> images;
  for (int index = 1; index < count; ++index) {
    auto image = Image::open(arguments[index]);
    if (!image) {
      std::fprintf(stderr, "error: %s\n", image.error().message().c_str());
      return 5;
    }
    images.push_back(std::move(*image));
  }
  const auto begin = std::chrono::steady_clock::now();
  Decoded all;
  for (const Image &image : images) {
    const Decoded decoded = decodeFunctions(*disassembler, image);
    all.instructions += decoded.instructions;
    all.bytes += decoded.bytes;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%.4f seconds, %llu instructions, %llu bytes\n", seconds.count(),
              static_cast<unsigned long long>(all.instructions), static_cast<unsigned long long>(all.bytes));
  return all.instructions == 0 ? 5 : 0;
}
