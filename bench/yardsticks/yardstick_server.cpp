#include "bench/yardsticks/yardstick_server.hpp"

#include "bench/yardsticks/echo_connection.hpp"
#include "bench/yardsticks/fixed_connection.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <iostream>
#include <vector>

namespace intermute::bench {

using namespace yardsticks;

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int backlog = 4'096;
// Without a free descriptor: how long until it tries again.
constexpr std::chrono::milliseconds pause{100};

/// Accepts connections for one io thread.
class listener {
public:
  using maker = std::function<std::shared_ptr<served_connection>(tcp_socket)>;

  listener(asio::io_context& io, maker make)
    : acceptor_{io.get_executor()}, next_{io.get_executor()}, pause_{io}, make_{std::move(make)} {}

  /// @param port  0 finds a free one; another is shared with those who listen on it.
  std::uint16_t open(std::uint16_t port) {
    using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    const tcp::endpoint wanted{asio::ip::address_v4::loopback(), port};
    acceptor_.open(wanted.protocol());
    acceptor_.set_option(reuse_port{true});
    acceptor_.bind(wanted);
    acceptor_.listen(backlog);
    return acceptor_.local_endpoint().port();
  }

  /// Begins to accept; on any thread.
  void start() {
    asio::post(acceptor_.get_executor(), [this] { accept(); });
  }

private:
  void accept() {
    acceptor_.async_accept(next_, [this](const boost::system::error_code& failed) {
      if (failed)
        return back_off();
      make_(std::exchange(next_, tcp_socket{acceptor_.get_executor()}))->start();
      accept();
    });
  }

  void back_off() {
    pause_.expires_after(pause);
    pause_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled)
        accept();
    });
  }

  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
  tcp_socket next_;
  asio::steady_timer pause_;
  maker make_;
};

fixed_answers answers_of(const yardstick_server_options& wanted) {
  if (wanted.kind != yardstick_kind::page)
    return {"text/plain", "Hello, world!"};
  const auto bytes = std::max<std::size_t>(2, wanted.body_bytes);
  return {"application/json", '"' + std::string(bytes - 2, 'x') + '"'};
}

} // namespace

/// In the order they are made; the last made goes first.
struct yardstick_server::parts {
  explicit parts(const yardstick_server_options& wanted)
    : answers{answers_of(wanted)}, io{wanted.threads} {
    io.start(); // Before the actors, whose system needs running threads.
    if (wanted.kind == yardstick_kind::echo)
      home.emplace(io);
    for (std::size_t i = 0; i < io.size(); ++i) {
      listeners.push_back(std::make_unique<listener>(io.context(i), maker_of(i)));
      port = listeners.back()->open(port);
    }
    for (auto& one : listeners)
      one->start();
  }

  [[nodiscard]] listener::maker maker_of(std::size_t index) {
    if (!home)
      return [this](tcp_socket socket) {
        return std::make_shared<fixed_connection>(std::move(socket), answers);
      };
    auto& shard = *shards.emplace_back(std::make_unique<echo_shard>(io, index, *home));
    return [&shard, index, count = std::uint64_t{0}](tcp_socket socket) mutable {
      const actors::source_id source = ++count << 8U | (index & 0xFFU);
      return std::make_shared<echo_connection>(std::move(socket), shard, source);
    };
  }

  const fixed_answers answers;
  actors::io_shards io;
  std::optional<echo_home> home;
  std::vector<std::unique_ptr<echo_shard>> shards;
  std::vector<std::unique_ptr<listener>> listeners;
  std::uint16_t port = 0;
};

yardstick_server::yardstick_server(const yardstick_server_options& wanted)
  : parts_{std::make_unique<parts>(wanted)} {}

yardstick_server::~yardstick_server() { stop(); }

std::uint16_t yardstick_server::port() const noexcept { return parts_->port; }

void yardstick_server::stop() {
  if (parts_->home)
    parts_->home->stop(); // While the threads still run it.
  parts_->io.stop();
  parts_->listeners.clear();
}

// ---- As a process -----------------------------------------------------------------------------

namespace {

/// SIGTERM and SIGINT as something to wait for, blocked in this thread and all it starts.
class ending_signals {
public:
  ending_signals() {
    sigemptyset(&these_);
    sigaddset(&these_, SIGTERM);
    sigaddset(&these_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &these_, &before_);
    descriptor_ = ::signalfd(-1, &these_, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~ending_signals() {
    signalfd_siginfo taken{};
    while (::read(descriptor_, &taken, sizeof taken) > 0) { // Ends: each was sent by somebody.
    }
    ::close(descriptor_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  ending_signals(const ending_signals&) = delete;
  ending_signals& operator=(const ending_signals&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
  sigset_t these_{};
  sigset_t before_{};
  int descriptor_ = -1;
};

/// Blocks until one of the signals comes or `in` has come to its end.
void wait_for_end(const ending_signals& signals, int in) {
  std::array<pollfd, 2> watched{{{signals.descriptor(), POLLIN, 0}, {in, POLLIN, 0}}};
  std::array<char, 256> dropped{};
  for (;;) { // Ends: with a signal, or with the input.
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
      return;
    if (watched[0].revents != 0)
      return;
    if (watched[1].revents != 0 && ::read(in, dropped.data(), dropped.size()) <= 0)
      return;
  }
}

} // namespace

int serve_yardstick(const yardstick_server_options& wanted) {
  return serve_yardstick(wanted, STDIN_FILENO, std::cout);
}

int serve_yardstick(const yardstick_server_options& wanted, int in, std::ostream& out) {
  const ending_signals signals;
  try {
    yardstick_server server{wanted};
    out << "ready on http://127.0.0.1:" << server.port() << '\n' << std::flush;
    wait_for_end(signals, in);
    return 0;
  } catch (const boost::system::system_error& failure) {
    std::cerr << "Error: the yardstick server cannot listen: " << failure.code().message() << '\n';
    return 2;
  }
}

} // namespace intermute::bench
