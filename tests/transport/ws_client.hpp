#pragma once

#include "raw_client.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace intermute::tests {

/// One frame as it came.
struct ws_frame {
  bool final = false;
  unsigned opcode = 0;
  std::string payload;

  /// Of a close frame.
  [[nodiscard]] unsigned code() const {
    return static_cast<unsigned>(static_cast<unsigned char>(payload.at(0))) << 8U
           | static_cast<unsigned char>(payload.at(1));
  }
};

inline constexpr unsigned text_frame = 1;
inline constexpr unsigned close_frame = 8;
inline constexpr unsigned ping_frame = 9;
inline constexpr unsigned pong_frame = 10;

/// The handshake of RFC 6455; `more` has further header lines.
inline std::string handshake_text(const std::string& target, const std::string& more = {}) {
  return request_text("GET " + target, {},
                      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        + more);
}

/// A masked frame as clients send it; the mask is zero, so the payload stays readable.
inline std::string client_frame(unsigned opcode, std::string_view payload, bool final = true) {
  std::string text;
  text.push_back(static_cast<char>((final ? 0x80U : 0U) | opcode));
  if (payload.size() < 126) {
    text.push_back(static_cast<char>(0x80U | payload.size()));
  } else {
    text.push_back(static_cast<char>(0xFEU));
    text.push_back(static_cast<char>(payload.size() >> 8U));
    text.push_back(static_cast<char>(payload.size()));
  }
  return text.append(4, '\0').append(payload);
}

/// The next frame of the server.
inline ws_frame read_frame(raw_client& from) {
  ws_frame got;
  const auto head = from.take(2);
  const auto first = static_cast<unsigned char>(head[0]);
  std::size_t size = static_cast<unsigned char>(head[1]);
  got.final = (first & 0x80U) != 0;
  got.opcode = first & 0xFU;
  REQUIRE(size < 127); // Unmasked, and short enough for these tests.
  if (size == 126) {
    const auto length = from.take(2);
    size = static_cast<std::size_t>(static_cast<unsigned char>(length[0])) << 8U
           | static_cast<unsigned char>(length[1]);
  }
  got.payload = from.take(size);
  return got;
}

} // namespace intermute::tests
