#include "base/seal.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <new>

namespace intermute::base {
namespace {

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t key_bytes = 32;

struct free_cipher {
  void operator()(EVP_CIPHER_CTX* one) const noexcept { EVP_CIPHER_CTX_free(one); }
};
using cipher = std::unique_ptr<EVP_CIPHER_CTX, free_cipher>;

cipher make_cipher() {
  cipher made{EVP_CIPHER_CTX_new()};
  if (made == nullptr)
    throw std::bad_alloc{};
  return made;
}

const std::uint8_t* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const std::uint8_t*>(text.data()); // NOLINT: bytes as OpenSSL has them
}

std::uint8_t* bytes_of(std::string& text, std::size_t from) noexcept {
  return reinterpret_cast<std::uint8_t*>(text.data()) + from; // NOLINT: as above
}

} // namespace

std::string seal(std::string_view text, std::string_view key, entropy& random) {
  std::string sealed(nonce_bytes + text.size() + tag_bytes, '\0');
  random.fill(bytes_of(sealed, 0), nonce_bytes);
  const auto with = make_cipher();
  int done = 0;
  const bool fine
    = key.size() == key_bytes
      && EVP_EncryptInit_ex(with.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                            bytes_of(sealed, 0))
           == 1
      && EVP_EncryptUpdate(with.get(), bytes_of(sealed, nonce_bytes), &done, bytes_of(text),
                           static_cast<int>(text.size()))
           == 1
      && EVP_EncryptFinal_ex(with.get(), bytes_of(sealed, nonce_bytes + text.size()), &done) == 1
      && EVP_CIPHER_CTX_ctrl(with.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes),
                             bytes_of(sealed, nonce_bytes + text.size()))
           == 1;
  return fine ? sealed : std::string{};
}

std::optional<std::string> unseal(std::string_view sealed, std::string_view key) {
  if (sealed.size() < nonce_bytes + tag_bytes || key.size() != key_bytes)
    return std::nullopt;
  const auto body = sealed.substr(nonce_bytes, sealed.size() - nonce_bytes - tag_bytes);
  std::string tag{sealed.substr(sealed.size() - tag_bytes)};
  std::string text(body.size(), '\0');
  const auto with = make_cipher();
  int done = 0;
  const bool fine
    = EVP_DecryptInit_ex(with.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(sealed))
        == 1
      && EVP_DecryptUpdate(with.get(), bytes_of(text, 0), &done, bytes_of(body),
                           static_cast<int>(body.size()))
           == 1
      && EVP_CIPHER_CTX_ctrl(with.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes),
                             bytes_of(tag, 0))
           == 1
      && EVP_DecryptFinal_ex(with.get(), bytes_of(text, text.size()), &done) == 1;
  if (!fine)
    return std::nullopt;
  return text;
}

} // namespace intermute::base
