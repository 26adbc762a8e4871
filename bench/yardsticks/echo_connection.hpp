#pragma once

#include "bench/yardsticks/echo_actor.hpp"
#include "bench/yardsticks/served_connection.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace intermute::bench::yardsticks {

/// What the echo connections of one io thread share; outlives them.
struct echo_shard {
  echo_shard(actors::io_shards& io, std::size_t index, const echo_home& to)
    : sink{io, index}, home{to} {}

  answer_sink sink;
  const echo_home& home;
  rapidjson::StringBuffer text; ///< Where answers are written, one at a time.
};

/// Reads a JSON object, has the actor number it, and answers with its members and the number as
/// `cursor`. What is no JSON object gets 400. One request at a time is with the actor.
class echo_connection final : public served_connection {
public:
  /// @param source  Who sends, for the share of the mailbox; not 0.
  echo_connection(tcp_socket socket, echo_shard& home, actors::source_id source);

  /// The actor's answer; on the connection's thread.
  void answered(const base::result<echoed>& outcome);

private:
  /// A parsed body. Its values and the parser's stack lie in place, so that a usual body costs no
  /// allocation; a larger one goes on in memory of its own.
  class parsed_body {
    // First, since the rest is made in it.
    alignas(std::max_align_t) std::array<char, 2048> value_room_;
    alignas(std::max_align_t) std::array<char, 2048> stack_room_;

  public:
    parsed_body() {} // Leaves the room as it is.

    rapidjson::MemoryPoolAllocator<> values{value_room_.data(), value_room_.size()};
    rapidjson::MemoryPoolAllocator<> stack{stack_room_.data(), stack_room_.size()};
    rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>,
                               rapidjson::MemoryPoolAllocator<>>
      json{&values, stack_room_.size() / 2, &stack};
  };

  void take(std::string& body, bool is_last) override;
  void refuse() override;
  [[nodiscard]] bool wants_requests() const noexcept override;
  [[nodiscard]] std::span<const boost::asio::const_buffer> unsent() override;
  void sent(std::size_t bytes) override;

  void append(std::string_view status, std::string_view json);
  void write_echo(std::uint64_t cursor);

  echo_shard& home_;
  actors::source_id source_;
  std::optional<parsed_body> asked_; ///< There while it is with the actor.
  bool is_last_ = false;             ///< The answer that is due ends the connection.
  std::string out_;
  std::size_t offset_ = 0; ///< Bytes of `out_` that are sent.
  boost::asio::const_buffer piece_;
};

} // namespace intermute::bench::yardsticks
