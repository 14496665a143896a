#include "harness/client/clients/ms_chap.h"

#include <algorithm>
#include <memory>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <span>
#include <string_view>
#include <vector>

namespace hotgate::harness {
namespace {

using Bytes = std::vector<uint8_t>;

struct LibraryEnd {
  void operator()(OSSL_LIB_CTX *library) const { OSSL_LIB_CTX_free(library); }
  void operator()(OSSL_PROVIDER *provider) const { OSSL_PROVIDER_unload(provider); }
  void operator()(EVP_MD *digest) const { EVP_MD_free(digest); }
  void operator()(EVP_CIPHER *cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
};
template <class T> using Owned = std::unique_ptr<T, LibraryEnd>;

Failure unusable(const char *what) {
  return failFault("OpenSSL", what, "is not there, and MS-CHAPv2 is made of it",
                   "install OpenSSL with its legacy provider");
}

void append(Bytes &bytes, std::string_view text) { bytes.insert(bytes.end(), text.begin(), text.end()); }
void append(Bytes &bytes, std::span<const uint8_t> more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

class LegacyDigests {
public:
  static Result<LegacyDigests> open() {
    LegacyDigests opened;
    opened.library_.reset(OSSL_LIB_CTX_new());
    opened.legacy_.reset(OSSL_PROVIDER_load(opened.library_.get(), "legacy"));
    opened.standard_.reset(OSSL_PROVIDER_load(opened.library_.get(), "default"));
    opened.md4_.reset(EVP_MD_fetch(opened.library_.get(), "MD4", nullptr));
    opened.sha1_.reset(EVP_MD_fetch(opened.library_.get(), "SHA1", nullptr));
    opened.des_.reset(EVP_CIPHER_fetch(opened.library_.get(), "DES-ECB", nullptr));
    if (!opened.md4_)
      return unusable("MD4");
    if (!opened.sha1_ || !opened.des_)
      return unusable("SHA-1 or DES");
    return opened;
  }

  Result<std::array<uint8_t, 16>> md4(std::span<const uint8_t> bytes) const { return digest<16>(*md4_, bytes); }
  Result<std::array<uint8_t, 20>> sha1(std::span<const uint8_t> bytes) const { return digest<20>(*sha1_, bytes); }

  // One block under seven bytes of key, spread over eight with the parity bits left 0.
  Result<std::array<uint8_t, 8>> des(std::span<const uint8_t, 8> clear, std::span<const uint8_t, 7> key) const {
    std::array<uint8_t, 8> spread{};
    for (size_t bit = 0; bit < 56; ++bit)
      if ((key[bit / 8] >> (7 - bit % 8) & 1U) != 0)
        spread[bit / 7] |= static_cast<uint8_t>(0x80U >> bit % 7);
    const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    std::array<uint8_t, 8> hidden{};
    int length = 0;
    if (!context || EVP_EncryptInit_ex2(context.get(), des_.get(), spread.data(), nullptr, nullptr) != 1 ||
        EVP_EncryptUpdate(context.get(), hidden.data(), &length, clear.data(), static_cast<int>(clear.size())) != 1 ||
        length != 8)
      return unusable("DES");
    return hidden;
  }

private:
  template <size_t size>
  Result<std::array<uint8_t, size>> digest(const EVP_MD &algorithm, std::span<const uint8_t> bytes) const {
    std::array<uint8_t, size> result{};
    if (EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, &algorithm, nullptr) != 1)
      return unusable(EVP_MD_get0_name(&algorithm));
    return result;
  }

  // What is declared later ends earlier.
  Owned<OSSL_LIB_CTX> library_;
  Owned<OSSL_PROVIDER> legacy_;
  Owned<OSSL_PROVIDER> standard_;
  Owned<EVP_MD> md4_;
  Owned<EVP_MD> sha1_;
  Owned<EVP_CIPHER> des_;
};

// 8.2
Bytes challengeText(const std::string &user, const MsChapChallenges &challenges) {
  Bytes text;
  append(text, challenges.client);
  append(text, challenges.server);
  append(text, user.substr(user.find('\\') + 1)); // without the domain
  return text;
}

// 8.5: the key is the password's digest and zeros, in three parts.
Result<std::array<uint8_t, 24>> challengeResponse(const LegacyDigests &digests, std::span<const uint8_t, 8> challenge,
                                                  std::span<const uint8_t, 16> passwordHash) {
  std::array<uint8_t, 21> key{};
  std::copy(passwordHash.begin(), passwordHash.end(), key.begin());
  std::array<uint8_t, 24> response{};
  for (size_t part = 0; part < 3; ++part) {
    HOTGATE_TRY(const auto block, digests.des(challenge, std::span(key).subspan(part * 7).first<7>()));
    std::copy(block.begin(), block.end(), response.begin() + static_cast<std::ptrdiff_t>(part * 8));
  }
  return response;
}

// 8.7
Result<std::string> proofOf(const LegacyDigests &digests, std::span<const uint8_t, 16> passwordHash,
                            std::span<const uint8_t, 24> response, std::span<const uint8_t, 8> challenge) {
  HOTGATE_TRY(const auto hashOfHash, digests.md4(passwordHash));
  Bytes text(hashOfHash.begin(), hashOfHash.end());
  append(text, response);
  append(text, std::string_view("Magic server to client signing constant"));
  HOTGATE_TRY(const auto first, digests.sha1(text));
  text.assign(first.begin(), first.end());
  append(text, challenge);
  append(text, std::string_view("Pad to make it do more than one iteration"));
  HOTGATE_TRY(const auto second, digests.sha1(text));
  std::string proof = "S=";
  for (const uint8_t byte : second)
    proof += fmt::format("{:02X}", byte);
  return proof;
}

} // namespace

Result<MsChapAnswer> answerMsChap(const std::string &user, const std::string &password,
                                  const MsChapChallenges &challenges) {
  HOTGATE_TRY(const LegacyDigests digests, LegacyDigests::open());
  HOTGATE_TRY(const auto challengeHash, digests.sha1(challengeText(user, challenges)));
  const auto challenge = std::span(challengeHash).first<8>();
  Bytes wide; // UTF-16, little endian
  for (const char character : password) {
    wide.push_back(static_cast<uint8_t>(character));
    wide.push_back(0);
  }
  HOTGATE_TRY(const auto passwordHash, digests.md4(wide));
  MsChapAnswer answer;
  HOTGATE_TRY(answer.response, challengeResponse(digests, challenge, passwordHash));
  HOTGATE_TRY(answer.proof, proofOf(digests, passwordHash, answer.response, challenge));
  return answer;
}

} // namespace hotgate::harness
