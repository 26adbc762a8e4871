#include "bench/yardsticks/micro.hpp"
#include "bench/yardsticks/yardstick_server.hpp"
#include "tests/storage/support.hpp"
#include "tests/transport/raw_client.hpp"

#include <catch2/catch.hpp>
#include <rapidjson/document.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace intermute::bench;
using intermute::tests::raw_client;
using intermute::tests::request_text;

namespace {

yardstick_server_options of_kind(yardstick_kind kind, std::size_t body_bytes = 0) {
  yardstick_server_options wanted;
  wanted.kind = kind;
  wanted.body_bytes = body_bytes;
  return wanted;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

/// The body of an echo without its cursor, which is checked to be there.
rapidjson::Document echo_of(const std::string& body, std::uint64_t& cursor) {
  rapidjson::Document answer;
  answer.Parse(body);
  INFO(body);
  REQUIRE(!answer.HasParseError());
  REQUIRE(answer.IsObject());
  REQUIRE(answer.HasMember("cursor"));
  cursor = answer["cursor"].GetUint64();
  answer.RemoveMember("cursor");
  return answer;
}

std::uint64_t require_echo(const std::string& body, const std::string& sent) {
  std::uint64_t cursor = 0;
  const auto answer = echo_of(body, cursor);
  rapidjson::Document wanted;
  wanted.Parse(sent);
  REQUIRE(answer == wanted);
  return cursor;
}

const std::string message
  = R"({"from":"ada","to":["bob","eve"],"body":"a \"b\" \u00e9 / \n","n":-7,"f":1.5,"none":null})";

} // namespace

TEST_CASE("the hello yardstick answers 13 bytes and keeps the connection", "[yardsticks]") {
  yardstick_server server{of_kind(yardstick_kind::hello)};
  raw_client client{server.port()};
  for (int i = 0; i < 3; ++i) {
    const auto got = client.exchange(request_text("GET /health"));
    REQUIRE(got.status == 200);
    REQUIRE(got.body == "Hello, world!");
    REQUIRE(got.headers.count("connection") == 0);
  }
  const auto got = client.exchange(request_text("POST /", "a body that nobody reads"));
  REQUIRE(got.body == "Hello, world!");
}

TEST_CASE("a yardstick answers what came at once, also more than it sends at once",
          "[yardsticks]") {
  yardstick_server server{of_kind(yardstick_kind::hello)};
  raw_client client{server.port()};
  const int times = GENERATE(2, 16, 17, 100);
  client.send(repeated(request_text("GET /"), times - 1) + request_text("GET /last", "body"));
  for (int i = 0; i < times; ++i)
    REQUIRE(client.read().body == "Hello, world!");
  REQUIRE(client.exchange(request_text("GET /")).status == 200);
}

TEST_CASE("a yardstick puts a request together that comes in pieces", "[yardsticks]") {
  yardstick_server server{of_kind(yardstick_kind::hello)};
  raw_client client{server.port()};
  const auto text = request_text("POST /", "body");
  // Only an answer between them shows that the first piece was read by itself.
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    client.send(request_text("GET /") + text.substr(0, cut));
    REQUIRE(client.read().status == 200);
    client.send(text.substr(cut));
    REQUIRE(client.read().status == 200);
  }
}

TEST_CASE("the page yardstick answers a JSON text of the wanted length", "[yardsticks]") {
  const std::size_t bytes = GENERATE(0, 2, 3, 10'000);
  yardstick_server server{of_kind(yardstick_kind::page, bytes)};
  raw_client client{server.port()};
  const auto got = client.exchange(request_text("GET /"));
  REQUIRE(got.status == 200);
  REQUIRE(got.headers.at("content-type") == "application/json");
  REQUIRE(got.body.size() == std::max<std::size_t>(2, bytes));
  rapidjson::Document json;
  REQUIRE_FALSE(json.Parse(got.body).HasParseError());
}

TEST_CASE("pages that the socket does not take at once arrive whole", "[yardsticks]") {
  constexpr std::size_t bytes = 500'000;
  constexpr int times = 40;
  yardstick_server server{of_kind(yardstick_kind::page, bytes)};
  raw_client client{server.port(), 4'096};
  client.send(repeated(request_text("GET /"), times));
  client.send(request_text("GET /", {}, "Connection: close\r\n"));
  for (int i = 0; i <= times; ++i) {
    const auto got = client.read();
    REQUIRE(got.body.size() == bytes);
    REQUIRE(got.body.front() == '"');
    REQUIRE(got.body.find_first_not_of('x', 1) == bytes - 1);
    REQUIRE(got.headers.count("connection") == (i == times ? 1U : 0U));
  }
  REQUIRE(client.is_closed());
}

TEST_CASE("a yardstick closes when the client asks for it or says no HTTP", "[yardsticks]") {
  const auto kind = GENERATE(yardstick_kind::hello, yardstick_kind::echo);
  yardstick_server server{of_kind(kind)};
  raw_client client{server.port()};
  const auto usual = request_text("POST /", "{}");
  SECTION("by header") {
    client.send(usual + request_text("POST /", "{}", "Connection: close\r\n") + usual);
    REQUIRE(client.read().headers.count("connection") == 0);
    REQUIRE(client.read().headers.at("connection") == "close");
  }
  SECTION("by version") {
    client.send("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}");
    const auto got = client.read();
    REQUIRE(got.status == 200);
    REQUIRE(got.headers.at("connection") == "close");
  }
  SECTION("by nonsense") {
    client.send(usual + "nonsense\r\n\r\n");
    REQUIRE(client.read().status == 200);
    const auto got = client.read();
    REQUIRE(got.status == 400);
    REQUIRE(got.headers.at("connection") == "close");
  }
  REQUIRE(client.is_closed());
}

TEST_CASE("the echo yardstick answers what was sent with a growing cursor", "[yardsticks]") {
  yardstick_server server{of_kind(yardstick_kind::echo)};
  raw_client client{server.port()};
  const std::string large = R"({"body":")" + std::string(100'000, 'y') + R"(","to":["bob"]})";
  std::uint64_t asked = 0;
  for (const auto& sent : {message, std::string{"{}"}, large, message}) {
    const auto got = client.exchange(request_text("POST /api/messages", sent));
    REQUIRE(got.status == 200);
    REQUIRE(got.headers.at("content-type") == "application/json");
    REQUIRE(require_echo(got.body, sent) == ++asked);
  }
  const auto got = client.exchange(request_text("POST /", {}, "Transfer-Encoding: chunked\r\n")
                                   + "4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n");
  REQUIRE(require_echo(got.body, R"({"a":1})") == ++asked);
}

TEST_CASE("echoes of requests that came at once are in their order", "[yardsticks]") {
  yardstick_server server{of_kind(yardstick_kind::echo)};
  raw_client client{server.port()};
  const int times = GENERATE(2, 300);
  std::string all;
  for (int i = 1; i <= times; ++i)
    all += request_text("POST /", R"({"number":)" + std::to_string(i) + "}");
  client.send(all);
  for (int i = 1; i <= times; ++i) {
    const auto cursor = require_echo(client.read().body, R"({"number":)" + std::to_string(i) + "}");
    REQUIRE(cursor == static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("echoes that the client does not read yet arrive whole", "[yardsticks]") {
  yardstick_server server{of_kind(yardstick_kind::echo)};
  raw_client client{server.port(), 4'096};
  const std::string sent = R"({"body":")" + std::string(900'000, 'y') + R"("})";
  // Two fit into the buffers of the sockets on their way in, their answers do not on the way out.
  client.send(repeated(request_text("POST /", sent), 2));
  REQUIRE(require_echo(client.read().body, sent) == 1);
  REQUIRE(require_echo(client.read().body, sent) == 2);
}

TEST_CASE("the echo yardstick refuses what is no JSON object and goes on", "[yardsticks]") {
  yardstick_server server{of_kind(yardstick_kind::echo)};
  raw_client client{server.port()};
  for (const auto* wrong : {"{\"a\":1", "[1]", "7", "{} {}", "{a:1}"}) {
    const auto got = client.exchange(request_text("POST /", wrong));
    INFO(wrong);
    REQUIRE(got.status == 400);
    REQUIRE(got.headers.count("connection") == 0);
    rapidjson::Document json;
    REQUIRE_FALSE(json.Parse(got.body).HasParseError());
  }
  REQUIRE(client.exchange(request_text("GET /")).status == 400); // It has no body at all.
  const auto got = client.exchange(request_text("POST /", message));
  REQUIRE(require_echo(got.body, message) == 1); // The actor was not asked before.
}

TEST_CASE("all io threads of a yardstick ask the one actor", "[yardsticks]") {
  auto wanted = of_kind(yardstick_kind::echo);
  wanted.threads = 3;
  yardstick_server server{wanted};
  constexpr int times = 40;
  std::deque<raw_client> clients;
  for (int i = 0; i < 12; ++i)
    clients.emplace_back(server.port()).send(repeated(request_text("POST /", message), times));
  std::set<std::uint64_t> cursors;
  for (auto& client : clients) {
    std::uint64_t last = 0;
    for (int i = 0; i < times; ++i) {
      const auto cursor = require_echo(client.read().body, message);
      REQUIRE(cursor > last);
      last = cursor;
      cursors.insert(cursor);
    }
  }
  REQUIRE(cursors.size() == clients.size() * times);
  REQUIRE(*cursors.rbegin() == cursors.size());
}

TEST_CASE("a yardstick serves on as many threads as it is told to", "[yardsticks]") {
  // Each has an event loop of its own; they are closed at once, while threads take their time.
  const auto loops = [] {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return std::count_if(begin(all), end(all), [](const auto& one) {
      std::error_code gone; // The one that reads the directory.
      return read_symlink(one.path(), gone) == "anon_inode:[eventpoll]";
    });
  };
  const auto before = loops();
  auto wanted = of_kind(yardstick_kind::hello);
  wanted.threads = 3;
  const yardstick_server server{wanted};
  REQUIRE(loops() == before + 3);
}

TEST_CASE("a yardstick that is stopped cuts its connections", "[yardsticks]") {
  const auto kind = GENERATE(yardstick_kind::page, yardstick_kind::echo);
  std::deque<raw_client> clients;
  {
    yardstick_server server{of_kind(kind)};
    for (int i = 0; i < 2; ++i) // Answered, so that they are neither in a queue nor half read.
      REQUIRE(clients.emplace_back(server.port()).exchange(request_text("POST /", "{}")).status
              == 200);
    server.stop();
    server.stop();
  }
  for (auto& client : clients)
    REQUIRE(client.is_closed());
}

// ---- As a process -----------------------------------------------------------------------------

namespace {

class pipe_ends {
public:
  pipe_ends() { REQUIRE(::pipe(ends_.data()) == 0); }
  ~pipe_ends() {
    ::close(ends_[0]);
    end_writing();
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;

  [[nodiscard]] int in() const { return ends_[0]; }
  void write(std::string_view text) const {
    REQUIRE(::write(ends_[1], text.data(), text.size()) > 0);
  }
  void end_writing() {
    if (ends_[1] >= 0)
      ::close(std::exchange(ends_[1], -1));
  }

private:
  std::array<int, 2> ends_{};
};

/// Keeps what is written and gets a signal at the first flush.
class signalled_text final : public std::stringbuf {
public:
  explicit signalled_text(int signal) : signal_{signal} {}

protected:
  int sync() override { return ::pthread_kill(::pthread_self(), std::exchange(signal_, 0)); }

private:
  int signal_;
};

bool is_blocked(int signal) {
  sigset_t now{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
  return sigismember(&now, signal) == 1;
}

void require_ready_line(const std::string& text) {
  const std::string wanted = "ready on http://127.0.0.1:";
  INFO(text);
  REQUIRE(text.starts_with(wanted));
  REQUIRE(text.ends_with("\n"));
  REQUIRE(std::stoi(text.substr(wanted.size())) > 0);
  REQUIRE(text.find('\n') == text.size() - 1);
}

} // namespace

TEST_CASE("a yardstick process says where it serves and goes when its input ends", "[yardsticks]") {
  pipe_ends input;
  input.write("what comes before the end is not looked at\n");
  input.end_writing();
  std::ostringstream out;
  REQUIRE(serve_yardstick(of_kind(yardstick_kind::hello), input.in(), out) == 0);
  require_ready_line(out.str());
}

TEST_CASE("a signal ends a yardstick process well", "[yardsticks]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  const pipe_ends input;
  signalled_text text{signal};
  std::ostream out{&text};
  REQUIRE(serve_yardstick(of_kind(yardstick_kind::echo), input.in(), out) == 0);
  require_ready_line(text.str());
  REQUIRE_FALSE(is_blocked(signal));
}

// ---- Figures ----------------------------------------------------------------------------------

namespace {

micro_options tiny_run(const intermute::test::temp_directory& in) {
  micro_options wanted;
  wanted.rounds = 1;
  wanted.seconds = 0.01;
  wanted.work_folder = in.path().string();
  return wanted;
}

std::vector<std::string> names_of(const std::vector<micro_figure>& figures) {
  std::vector<std::string> names;
  for (const auto& one : figures)
    names.push_back(one.name);
  return names;
}

} // namespace

TEST_CASE("every figure is a positive number under a name of its own", "[yardsticks]") {
  const intermute::test::temp_directory folder;
  auto wanted = tiny_run(folder);
  wanted.rounds = 2;
  std::vector<std::string> told;
  const auto figures
    = run_micro(wanted, [&told](const micro_figure& one) { told.push_back(one.name); });
  const auto names = micro_names();
  REQUIRE(names_of(figures) == names);
  REQUIRE(told == names);
  REQUIRE(std::set<std::string>{names.begin(), names.end()}.size() == names.size());
  for (const auto& one : figures) {
    INFO(one.name << " " << one.min << " " << one.median << " " << one.max);
    REQUIRE((one.unit == "ns/op" || one.unit == "ops/s"));
    REQUIRE(one.min > 0);
    REQUIRE(one.median == Approx((one.min + one.max) / 2)); // Of two rounds.
    REQUIRE(one.max >= one.min);
    REQUIRE(std::isfinite(one.max));
  }
  REQUIRE(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("figures are chosen by name or by its first part", "[yardsticks]") {
  const intermute::test::temp_directory folder;
  auto wanted = tiny_run(folder);
  wanted.only = {"ring.message", "glob", "no_such_figure", "codec.parse"};
  REQUIRE(names_of(run_micro(wanted, {}))
          == std::vector<std::string>{"ring.message", "glob.pair_literal", "glob.pair_wild",
                                      "glob.parse"});
  wanted.only = {"no_such_figure"};
  REQUIRE(run_micro(wanted, {}).empty());
}

TEST_CASE("figures that need files say when there can be none", "[yardsticks]") {
  const intermute::test::temp_directory folder;
  auto wanted = tiny_run(folder);
  const auto file = folder.path() / "a file";
  std::ofstream{file} << "in the way";
  wanted.work_folder = file.string();
  wanted.only = {"sqlite"};
  REQUIRE_THROWS_AS(run_micro(wanted, {}), std::filesystem::filesystem_error);
}
