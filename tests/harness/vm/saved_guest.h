// Tests on a real guest: its image and its saved state, from the cache or made now.
#pragma once

#include "harness/guest/ready_guest.h"

#include <gtest/gtest.h>
#include <iostream>

namespace hotgate::harness {

class SavedGuest : public testing::Test {
protected:
  void SetUp() override {
    auto provided = provideGuestImage(cache, say);
    ASSERT_TRUE(provided) << provided.error().message();
    image = *std::move(provided);
    auto chosen = chooseAccelerator(cache, image, say);
    ASSERT_TRUE(chosen) << chosen.error().message();
    shape.accelerator = *chosen;
    auto saved = provideReadyState(cache, image, shape, HOTGATE_AGENT, say);
    ASSERT_TRUE(saved) << saved.error().message();
    state = *saved;
  }

  const Progress say = [](std::string_view text) { std::cerr << text << "\n"; };
  const std::filesystem::path cache = defaultCacheFolder().value();
  GuestImage image;
  MachineShape shape;
  std::filesystem::path state;
};

} // namespace hotgate::harness
