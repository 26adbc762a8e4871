#include "base/ids.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <system_error>

namespace intermute::base {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_url
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Takes 1 KiB at a time from the kernel: one system call per 64 ids.
class kernel_entropy final : public entropy {
public:
  void fill(std::uint8_t* into, std::size_t length) override {
    thread_local std::array<std::uint8_t, 1024> pool{};
    thread_local std::size_t used = pool.size();
    while (length > 0) { // Ends: every round takes at least one byte.
      if (used == pool.size()) {
        refill(pool);
        used = 0;
      }
      const auto taken = std::min(length, pool.size() - used);
      std::memcpy(into, pool.data() + used, taken);
      std::memset(pool.data() + used, 0, taken); // A token never stays behind in the pool.
      used += taken;
      into += taken;
      length -= taken;
    }
  }

private:
  static void refill(std::array<std::uint8_t, 1024>& pool) {
    std::size_t filled = 0;
    while (filled < pool.size()) { // Ends: getrandom gives bytes or a real error.
      const auto got = ::getrandom(pool.data() + filled, pool.size() - filled, 0);
      if (got < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "getrandom");
      filled += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
  }
};

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool is_dashed(std::string_view text) noexcept {
  if (text.size() != 36)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : hex_value(text[i]) < 0)
      return false;
  }
  return true;
}

bool has_prefix_any_case(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size()
         && std::equal(prefix.begin(), prefix.end(), text.begin(), [](char want, char have) {
              return want == (have >= 'A' && have <= 'Z' ? have - 'A' + 'a' : have);
            });
}

} // namespace

std::uint64_t entropy::number() {
  std::uint64_t value = 0;
  std::array<std::uint8_t, sizeof value> bytes{};
  fill(bytes.data(), bytes.size());
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

entropy& system_entropy() noexcept {
  static kernel_entropy kernel;
  return kernel;
}

std::string make_uuid(wall_time now, entropy& random) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_nanoseconds(now)));
  const auto ms = ns / 1'000'000;
  // RFC 9562 method 3: the fraction of the millisecond, in 4096 parts, goes before the random.
  const auto fraction = (ns % 1'000'000) * 4096 / 1'000'000;
  uuid_bytes bytes{};
  random.fill(bytes.data() + 8, 8);
  for (std::size_t i = 0; i < 6; ++i)
    bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>(0x70U | (fraction >> 8U));
  bytes[7] = static_cast<std::uint8_t>(fraction);
  bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3FU));
  return format_uuid(bytes);
}

std::string make_token(entropy& random) {
  std::array<std::uint8_t, 24> bytes{};
  random.fill(bytes.data(), bytes.size());
  std::string text;
  text.reserve(32);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto three
      = static_cast<std::uint32_t>(bytes[i] << 16U | bytes[i + 1] << 8U | bytes[i + 2]);
    for (int shift = 18; shift >= 0; shift -= 6)
      text.push_back(base64_url[(three >> static_cast<unsigned>(shift)) & 0x3FU]);
  }
  return text;
}

std::optional<uuid_bytes> parse_canonical_uuid(std::string_view text) noexcept {
  if (!is_dashed(text)
      || std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; }))
    return std::nullopt;
  uuid_bytes bytes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-')
      continue;
    bytes[at++] = static_cast<std::uint8_t>(hex_value(text[i]) << 4 | hex_value(text[i + 1]));
    ++i;
  }
  return bytes;
}

std::string format_uuid(const uuid_bytes& bytes) {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      text.push_back('-');
    text.push_back(hex_digits[bytes[i] >> 4U]);
    text.push_back(hex_digits[bytes[i] & 0xFU]);
  }
  return text;
}

bool is_uuid_text(std::string_view text) noexcept {
  switch (text.size()) {
  case 32: return std::all_of(text.begin(), text.end(), [](char c) { return hex_value(c) >= 0; });
  case 36: return is_dashed(text);
  case 38: return text.front() == '{' && text.back() == '}' && is_dashed(text.substr(1, 36));
  case 45: return has_prefix_any_case(text, "urn:uuid:") && is_dashed(text.substr(9));
  default: return false;
  }
}

} // namespace intermute::base
