// A harness in a process of its own that is killed at some moment, and what it must leave: every result that was there,
// and nothing that runs.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace hotgate::harness {

// How many times; HOTGATE_KILLS=50 in the environment asks for more than the usual number.
int killsAsked(int usual);

// The moments' seed: printed, and HOTGATE_SEED in the environment repeats a run.
unsigned seedAsked(unsigned usual);

struct Kill {
  std::chrono::milliseconds span; // from `since`
  bool withGroup = false;
  // From the beginning, or from when this is true for the first time.
  std::function<bool()> since = [] { return true; };
};
// Runs `harness` in a process (and process group) of its own, until it gets SIGKILL, alone or with its group. The exit
// code when it ended before, else -1.
int runAndKill(const std::function<int()> &harness, const Kill &kill);

// Every attempt.json and result.json below the folder, by path, with its content.
std::map<std::filesystem::path, std::string> recordsBelow(const std::filesystem::path &folder);

// Processes whose command line or environment names the folder, this one left out, described; those that end within
// the span are none.
std::vector<std::string> processesLeft(const std::filesystem::path &folder, std::chrono::seconds span);

// Sockets with a name in the folder.
std::vector<std::string> socketsLeft(const std::filesystem::path &folder);

// "" when it cannot be read.
std::string contentOf(const std::filesystem::path &file);

// Files below that are neither lock nor part of a whole job folder: what a write that was cut leaves.
std::vector<std::string> cutFiles(const std::filesystem::path &folder);

} // namespace hotgate::harness
