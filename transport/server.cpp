#include "transport/server.hpp"

#include "transport/listener.hpp"
#include "transport/shard.hpp"

namespace intermute::transport {
namespace {

// How long cut connections may take to notice.
constexpr std::chrono::milliseconds cut_time{500};

} // namespace

server::server(config::server_config http, config::websocket_config websocket, deps with)
  : with_{std::move(http),        websocket,  with.front,   with.registry,
          std::move(with.log),    with.clock, with.entropy, std::move(with.version),
          metrics{with.registry}, {},         {},           {}} {
  for (std::size_t i = 0; i < with.io.size(); ++i)
    shards_.push_back(std::make_unique<transport::shard>(with_, with.io, i));
}

server::~server() = default;

base::result<std::uint16_t> server::listen() {
  const auto port = listen_on_port();
  auto fine = port ? base::result<void>{} : port.why();
  if (port && !with_.server.socket.empty())
    fine = listen_on_socket();
  if (!fine) {
    listeners_.clear();
    socket_file_.remove();
    return fine.why();
  }
  for (auto& one : listeners_)
    one->start();
  return port;
}

base::result<std::uint16_t> server::listen_on_port() {
  auto port = with_.server.port;
  for (auto& one : shards_) {
    auto& made = listeners_.emplace_back(std::make_unique<listener>(*one));
    const auto bound = made->open(with_.server.host, port, listeners_.size() == 1);
    if (!bound)
      return bound.why();
    port = *bound;
  }
  return port;
}

base::result<void> server::listen_on_socket() {
  const auto& path = with_.server.socket;
  if (auto fine = socket_file::make_room(path); !fine)
    return fine;
  listener* first = nullptr;
  for (auto& one : shards_) {
    auto& made = *listeners_.emplace_back(std::make_unique<listener>(*one));
    if (first != nullptr) {
      if (auto fine = made.share(*first); !fine)
        return fine;
      continue;
    }
    first = &made;
    if (auto fine = made.bind(path); !fine)
      return fine;
    if (auto fine = socket_file_.claim(path); !fine)
      return fine;
    if (auto fine = made.listen(); !fine)
      return fine;
  }
  return {};
}

bool server::stop(base::steady_time until) {
  for (auto& one : listeners_)
    one->stop();
  socket_file_.remove();
  for (auto& one : shards_)
    one->drain();
  if (with_.connections.wait_for_none(until))
    return true;
  with_.log->warn("connections_cut count={}", with_.connections.now());
  for (auto& one : shards_)
    one->close_all();
  with_.connections.wait_for_none(with_.clock.steady() + cut_time);
  return false;
}

} // namespace intermute::transport
