#include "analyzer/symbols/line_reader.h"

#include <algorithm>
#include <limits>
#include <llvm/DebugInfo/CodeView/DebugInlineeLinesSubsection.h>
#include <llvm/DebugInfo/CodeView/DebugLinesSubsection.h>
#include <llvm/DebugInfo/CodeView/Line.h>

namespace hotgate::analyzer {

namespace cv = llvm::codeview;

namespace {

// Many records can name long strings that overlap. A PDB's true names are a few megabytes at most.
constexpr size_t mostNameBytes = 64U << 20;

// Rows of one contribution become entries: each lasts until the next one, the last until the end.
void finishSizes(std::vector<SourceLine> &lines, size_t first, uint64_t end) {
  const auto begin = lines.begin() + static_cast<ptrdiff_t>(first);
  std::stable_sort(begin, lines.end(), [](const SourceLine &a, const SourceLine &b) { return a.rva < b.rva; });
  for (auto line = begin; line != lines.end(); ++line) {
    const uint64_t next = std::next(line) == lines.end() ? end : std::min<uint64_t>(std::next(line)->rva, end);
    line->size = next > line->rva ? static_cast<uint32_t>(next - line->rva) : 0;
  }
  lines.erase(std::remove_if(begin, lines.end(),
                             [](const SourceLine &line) {
                               const cv::LineInfo info(line.line);
                               return line.size == 0 || info.isAlwaysStepInto() || info.isNeverStepInto();
                             }),
              lines.end());
}

// Runs the annotations of one inline site: a small program that moves through code and source at once.
class InlineRows {
public:
  explicit InlineRows(const cv::InlineSiteSym &site) : site_(site) {}

  struct Row {
    uint32_t offset; // from the procedure's begin
    std::optional<uint32_t> size;
    int64_t line; // from the inlined function's first line
    std::optional<uint32_t> file;
  };

  std::vector<Row> run() {
    for (const cv::DecodedAnnotation &step : site_.annotations())
      if (!apply(step))
        break;
    for (size_t i = 0; i + 1 < rows_.size(); ++i)
      if (!rows_[i].size)
        rows_[i].size = rows_[i + 1].offset - rows_[i].offset;
    return std::move(rows_);
  }

private:
  // False when what follows cannot be placed.
  bool apply(const cv::DecodedAnnotation &step) {
    using Op = cv::BinaryAnnotationsOpCode;
    switch (step.OpCode) {
    case Op::CodeOffset:
      offset_ = step.U1;
      return true;
    case Op::ChangeCodeOffset:
      return moveTo(step.U1, std::nullopt);
    case Op::ChangeCodeOffsetAndLineOffset:
      line_ += step.S1;
      return moveTo(step.U1, std::nullopt);
    case Op::ChangeCodeLengthAndCodeOffset:
      return moveTo(step.U2, step.U1);
    case Op::ChangeCodeLength:
      if (!rows_.empty() && !rows_.back().size)
        rows_.back().size = step.U1;
      return advance(step.U1);
    case Op::ChangeFile:
      file_ = step.U1;
      return true;
    case Op::ChangeLineOffset:
      line_ += step.S1;
      return true;
    case Op::ChangeLineEndDelta:
    case Op::ChangeRangeKind:
    case Op::ChangeColumnStart:
    case Op::ChangeColumnEndDelta:
    case Op::ChangeColumnEnd:
      return true;
    case Op::ChangeCodeOffsetBase: // another section
    case Op::Invalid:              // padding at the end
      return false;
    }
    return false;
  }

  bool advance(uint32_t delta) {
    if (delta > std::numeric_limits<uint32_t>::max() - offset_)
      return false;
    offset_ += delta;
    return true;
  }

  bool moveTo(uint32_t delta, std::optional<uint32_t> size) {
    if (!advance(delta))
      return false;
    rows_.push_back({offset_, size, line_, file_});
    return true;
  }

  const cv::InlineSiteSym &site_;
  std::vector<Row> rows_;
  uint32_t offset_ = 0;
  int64_t line_ = 0;
  std::optional<uint32_t> file_;
};

} // namespace

llvm::Error LineReader::addModule(const llvm::pdb::ModuleDebugStreamRef &module) {
  fileByChecksum_.clear();
  inlinees_.clear();
  if (names_ == nullptr || !module.hasDebugSubsections())
    return llvm::Error::success();
  auto checksums = module.findChecksumsSubsection();
  if (!checksums)
    return checksums.takeError();
  checksums_ = *checksums;
  for (const cv::DebugSubsectionRecord &part : module.subsections()) {
    if (part.kind() == cv::DebugSubsectionKind::Lines) {
      if (auto error = addProcedureLines(part.getRecordData()))
        return error;
    } else if (part.kind() == cv::DebugSubsectionKind::InlineeLines) {
      if (auto error = addInlineeStarts(part.getRecordData()))
        return error;
    }
  }
  return llvm::Error::success();
}

llvm::Error LineReader::addProcedureLines(const llvm::BinaryStreamRef &data) {
  cv::DebugLinesSubsectionRef part;
  if (auto error = part.initialize(llvm::BinaryStreamReader(data)))
    return error;
  const cv::LineFragmentHeader &header = *part.header();
  const auto begin = locate_(header.RelocSegment, header.RelocOffset);
  if (!begin) // of a function that the linker left out
    return llvm::Error::success();
  const size_t first = lines_.size();
  for (const cv::LineColumnEntry &block : part) {
    const auto file = fileAt(block.NameIndex);
    if (block.LineNumbers.empty()) // LLVM gives it no stream to read from
      continue;
    const llvm::BinaryStreamRef stream = block.LineNumbers.getUnderlyingStream();
    llvm::ArrayRef<uint8_t> bytes;
    if (auto error = stream.readBytes(0, stream.getLength(), bytes))
      return error;
    const std::span rows(reinterpret_cast<const cv::LineNumberEntry *>(bytes.data()),
                         bytes.size() / sizeof(cv::LineNumberEntry));
    for (const cv::LineNumberEntry &row : rows)
      if (file && row.Offset < header.CodeSize)
        add(*begin + row.Offset, 0, cv::LineInfo(row.Flags).getStartLine(), *file);
  }
  finishSizes(lines_, first, uint64_t{*begin} + header.CodeSize);
  return llvm::Error::success();
}

llvm::Error LineReader::addInlineeStarts(const llvm::BinaryStreamRef &data) {
  cv::DebugInlineeLinesSubsectionRef part;
  if (auto error = part.initialize(llvm::BinaryStreamReader(data)))
    return error;
  for (const cv::InlineeSourceLine &inlinee : part)
    inlinees_.try_emplace(inlinee.Header->Inlinee.getIndex(),
                          InlineeStart{inlinee.Header->FileID, inlinee.Header->SourceLineNum});
  return llvm::Error::success();
}

void LineReader::addInlineSite(const cv::InlineSiteSym &site, uint32_t procedureRva, uint32_t procedureSize) {
  const auto inlinee = inlinees_.find(site.Inlinee.getIndex());
  if (inlinee == inlinees_.end())
    return;
  for (const InlineRows::Row &row : InlineRows(site).run()) {
    const int64_t line = inlinee->second.line + row.line;
    const auto file = fileAt(row.file.value_or(inlinee->second.file));
    if (!file || !row.size || *row.size == 0 || row.offset >= procedureSize || line < 0 ||
        line > std::numeric_limits<uint32_t>::max())
      continue;
    add(procedureRva + row.offset, std::min(*row.size, procedureSize - row.offset), static_cast<uint32_t>(line), *file);
  }
}

std::optional<uint32_t> LineReader::fileAt(uint32_t checksumOffset) {
  const auto [entry, isNew] = fileByChecksum_.try_emplace(checksumOffset);
  if (!isNew)
    return entry->second;
  const auto &records = checksums_.getArray();
  if (nameBytes_ > mostNameBytes || checksumOffset >= records.getUnderlyingStream().getLength())
    return std::nullopt;
  const auto record = records.at(checksumOffset);
  if (record == records.end())
    return std::nullopt;
  auto path = names_->getStringForID(record->FileNameOffset);
  if (!path) {
    llvm::consumeError(path.takeError());
    return std::nullopt;
  }
  nameBytes_ += path->size();
  const std::string name = path->substr(path->find_last_of("/\\") + 1).str();
  const auto [file, isNewFile] = fileByName_.try_emplace(name, static_cast<uint32_t>(files_.size()));
  if (isNewFile)
    files_.push_back(name);
  return entry->second = file->second;
}

void LineReader::add(uint32_t rva, uint32_t size, uint32_t line, uint32_t file) {
  lines_.push_back({rva, size, line, file});
}

} // namespace hotgate::analyzer
