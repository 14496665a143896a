#include "tests/harness/client/tls_server.h"

#include <array>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

int chooseHttp2(SSL *, const unsigned char **chosen, unsigned char *size, const unsigned char *, unsigned, void *) {
  static constexpr std::array<unsigned char, 2> h2{'h', '2'};
  *chosen = h2.data();
  *size = h2.size();
  return SSL_TLSEXT_ERR_OK;
}

// Both ways until one side is gone.
void carry(SSL *tls, int clear) {
  std::array<char, 16384> buffer{};
  for (;;) {
    std::array<pollfd, 2> entries{pollfd{SSL_get_fd(tls), POLLIN, 0}, pollfd{clear, POLLIN, 0}};
    if (SSL_pending(tls) == 0)
      poll(entries.data(), entries.size(), -1);
    if (SSL_pending(tls) != 0 || entries[0].revents != 0) {
      const int count = SSL_read(tls, buffer.data(), buffer.size());
      if (count <= 0 || !sendAll(clear, std::string(buffer.data(), static_cast<size_t>(count))))
        return;
    }
    if (entries[1].revents != 0) {
      const ssize_t count = recv(clear, buffer.data(), buffer.size(), 0);
      if (count <= 0 || SSL_write(tls, buffer.data(), static_cast<int>(count)) <= 0)
        return;
    }
  }
}

} // namespace

TestCertificate::TestCertificate(const std::string &host)
    : context_(SSL_CTX_new(TLS_server_method()), [](void *made) { SSL_CTX_free(static_cast<SSL_CTX *>(made)); }) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509 *certificate = made.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_NAME *name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char *>(host.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key.get());
  const std::string names = "DNS:" + host + ",IP:127.0.0.1";
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate, key.get(), EVP_sha256());
  auto *context = static_cast<SSL_CTX *>(context_.get());
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key.get());
  SSL_CTX_set_alpn_select_cb(context, chooseHttp2, nullptr);
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(text.get(), certificate);
  char *bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  pem_.assign(bytes, static_cast<size_t>(size));
}

OddServer::Script TestCertificate::secured(OddServer::Script script) const {
  return [context = context_, script = std::move(script)](int connection) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(static_cast<SSL_CTX *>(context.get())), SSL_free);
    SSL_set_fd(tls.get(), connection);
    if (SSL_accept(tls.get()) <= 0)
      return;
    SocketPair clear = makeSocketPair().value();
    std::thread speaking([&] {
      script(clear.theirs.get());
      shutdown(clear.theirs.get(), SHUT_RDWR);
    });
    carry(tls.get(), clear.ours.get());
    clear.ours.close(); // the script's sends fail
    speaking.join();
  };
}

} // namespace hotgate::harness
