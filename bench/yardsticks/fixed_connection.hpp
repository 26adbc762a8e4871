#pragma once

#include "bench/yardsticks/served_connection.hpp"

#include <array>
#include <string>
#include <string_view>

namespace intermute::bench::yardsticks {

/// Whole answers, head and body, made once.
struct fixed_answers {
  /// @param type  Of the content, e.g. `text/plain`.
  fixed_answers(std::string_view type, std::string_view body);

  std::string usual;
  std::string last;    ///< As the usual, with `Connection: close`.
  std::string refusal; ///< 400, with `Connection: close`.
};

/// Answers every request with the same bytes, sent from where they lie.
class fixed_connection final : public served_connection {
public:
  /// @param answers  Outlives the connection.
  fixed_connection(tcp_socket socket, const fixed_answers& answers);

private:
  // Of requests that came at once so many are answered with one system call.
  static constexpr std::size_t pieces_max = 16;

  void take(std::string& body, bool is_last) override;
  void refuse() override { last_ = &answers_.refusal; }
  [[nodiscard]] bool wants_requests() const noexcept override { return owed_ < pieces_max; }
  [[nodiscard]] std::span<const boost::asio::const_buffer> unsent() override;
  void sent(std::size_t bytes) override;

  const fixed_answers& answers_;
  std::size_t owed_ = 0;              ///< Usual answers not sent whole.
  std::size_t offset_ = 0;            ///< Bytes sent of the first unsent answer.
  const std::string* last_ = nullptr; ///< What comes behind them, if the connection ends.
  std::array<boost::asio::const_buffer, pieces_max + 1> pieces_;
};

} // namespace intermute::bench::yardsticks
