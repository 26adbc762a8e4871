#include "tests/embed/home.hpp"
#include "tests/transport/raw_client.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <signal.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <array>
#include <fstream>
#include <sstream>
#include <thread>

using namespace intermute;
using namespace intermute::tests;

namespace {

constexpr std::array signals{SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGXFSZ, SIGCHLD, SIGUSR1, SIGABRT};
constexpr std::array limits{RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CORE,  RLIMIT_STACK,
                            RLIMIT_AS,     RLIMIT_DATA,  RLIMIT_NPROC, RLIMIT_MEMLOCK};

/// What of the process a library has no business with.
struct process_state {
  std::vector<void (*)(int)> handlers;
  std::vector<int> flags;
  std::vector<rlim_t> limits_now;
  std::vector<int> blocked;

  static process_state now() {
    process_state state;
    for (const int one : signals) {
      struct sigaction action {};
      REQUIRE(sigaction(one, nullptr, &action) == 0);
      state.handlers.push_back(action.sa_handler);
      state.flags.push_back(action.sa_flags);
    }
    for (const auto one : limits) {
      rlimit limit{};
      REQUIRE(getrlimit(one, &limit) == 0);
      state.limits_now.insert(state.limits_now.end(), {limit.rlim_cur, limit.rlim_max});
    }
    sigset_t mask;
    REQUIRE(pthread_sigmask(SIG_BLOCK, nullptr, &mask) == 0);
    for (const int one : signals)
      state.blocked.push_back(sigismember(&mask, one));
    return state;
  }
  friend bool operator==(const process_state&, const process_state&) = default;
};

std::vector<std::string> threads_now() {
  std::vector<std::string> found;
  for (const auto& one : std::filesystem::directory_iterator{"/proc/self/task"})
    found.push_back(one.path().filename().string());
  return found;
}

/// The signals that a thread blocks, as the kernel shows them.
std::uint64_t blocked_in(const std::string& thread) {
  std::ifstream status{"/proc/self/task/" + thread + "/status"};
  std::string line;
  while (std::getline(status, line)) // Ends: with the file.
    if (line.starts_with("SigBlk:"))
      return std::stoull(line.substr(7), nullptr, 16);
  return 0;
}

std::uint64_t bit_of(int one) { return std::uint64_t{1} << static_cast<unsigned>(one - 1); }

/// As `blocked_in`, but of a thread that has its mask: while it is made it blocks everything.
std::uint64_t blocked_once_begun(const std::string& thread) {
  const auto end = std::chrono::steady_clock::now() + ceiling;
  auto blocked = blocked_in(thread);
  while ((blocked & bit_of(SIGSEGV)) != 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    blocked = blocked_in(thread);
  }
  return blocked;
}

void use(intermute::server& server) {
  value_of(server.send(letter("ada", "bob", "m1")));
  CHECK(value_of(server.inbox(inbox_of("bob"))).entries.size() == 1);
}

} // namespace

TEST_CASE("a server leaves the signals and limits of its host alone", "[embed]") {
  const home folder;
  const auto before = process_state::now();
  auto server = started(in_file(folder.file("x.db"), 0));
  CHECK(process_state::now() == before);
  use(*server);
  raw_client{server->port()}.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  server->stop();
  CHECK(process_state::now() == before);
  server.reset();
  CHECK(process_state::now() == before);
}

TEST_CASE("a start that fails leaves the signals of its host alone too", "[embed]") {
  const auto before = process_state::now();
  CHECK(code_of(server::start(in_file("/proc/nothing/here.db"))) != "none");
  CHECK(process_state::now() == before);
}

TEST_CASE("no thread of a server takes a signal of its host", "[embed]") {
  const home folder;
  const auto before = threads_now();
  const auto server = started(in_file(folder.file("x.db"), 0));
  use(*server);
  std::size_t own = 0;
  for (const auto& thread : threads_now()) {
    if (std::ranges::count(before, thread) > 0)
      continue;
    ++own;
    const auto blocked = blocked_once_begun(thread);
    for (const int one : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ, SIGCHLD, SIGUSR1})
      CHECK((blocked & bit_of(one)) != 0);
    CHECK((blocked & bit_of(SIGSEGV)) == 0);
  }
  CHECK(own >= 3);
}

TEST_CASE("the host's logger is written to", "[embed]") {
  const home folder;
  std::ostringstream text;
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  auto from = in_file(folder.file("x.db"), 0);
  from.logger = std::make_shared<spdlog::logger>("host", sink);
  from.logger->set_level(spdlog::level::trace);
  auto server = started(std::move(from));
  // A connection with half a request is cut when the server has no patience, which it tells. The
  // answer to the request before says that the half has come too.
  raw_client stuck{server->port()};
  stuck.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
             "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  CHECK(stuck.read().status == 200);
  server->stop(std::chrono::milliseconds{0});
  server.reset();
  CHECK(text.str().find("connections_cut") != std::string::npos);
}

TEST_CASE("counters are in the host's registry and computed figures in the readings", "[embed]") {
  const home folder;
  auto from = in_file(folder.file("x.db"));
  from.metrics = std::make_shared<prometheus::Registry>();
  from.metric_labels = {{"server", "one"}};
  const auto registry = from.metrics;
  auto server = started(std::move(from));
  use(*server);
  const auto text_of = [](const prometheus::Collectable& what) {
    return prometheus::TextSerializer{}.Serialize(what.Collect());
  };
  const auto counted = text_of(*registry);
  const auto readings = server->readings();
  const auto computed = text_of(*readings);
  CHECK(counted.find("intermute_") != std::string::npos);
  CHECK(counted.find("server=\"one\"") != std::string::npos);
  CHECK(computed.find("intermute_") != std::string::npos);
  CHECK(computed.find("server=\"one\"") != std::string::npos);
  CHECK(server->metrics_text().size() >= counted.size());
  server->stop();
  CHECK(readings->Collect().empty());
  CHECK(server->metrics_text().empty());
  server.reset();
  CHECK(text_of(*registry).find("intermute_") != std::string::npos);
}
