// function_truth PRE POST: which functions differ between the objects of two folders, one a line.
#include "corpus/public/object_functions.h"

#include <cstdio>

using namespace hotgate;

namespace {

void print(const char *status, const std::set<corpus::FunctionKey> &keys) {
  for (const corpus::FunctionKey &key : keys)
    std::fputs(fmt::format("{} {} {}\n", status, key.name, key.object).c_str(), stdout);
}

Result<> run(const char *preFolder, const char *postFolder) {
  HOTGATE_TRY(const corpus::FunctionForms pre, corpus::readObjectFunctions(preFolder));
  HOTGATE_TRY(const corpus::FunctionForms post, corpus::readObjectFunctions(postFolder));
  const corpus::FunctionTruth truth = corpus::compareFunctions(pre, post);
  print("changed", truth.changed);
  print("added", truth.added);
  print("removed", truth.removed);
  return {};
}

} // namespace

int main(int count, char **arguments) {
  if (count != 3) {
    std::fputs("usage: function_truth PRE_FOLDER POST_FOLDER\n", stderr);
    return 4;
  }
  if (const auto done = run(arguments[1], arguments[2]); !done) {
    std::fputs((done.error().message() + "\n").c_str(), stderr);
    return 5;
  }
  return 0;
}
