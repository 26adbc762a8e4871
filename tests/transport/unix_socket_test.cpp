#include "raw_client.hpp"
#include "rig.hpp"
#include "ws_client.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace intermute;
using namespace intermute::tests;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A rig that listens on a Unix socket too, in a folder of its own.
struct socket_rig : rig {
  fs::path folder;
  std::string path;

  socket_rig() {
    auto name = (fs::temp_directory_path() / "intermute-socket-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    path = (folder / "s").string();
    http.socket = path;
  }
  ~socket_rig() {
    stop(5s);
    fs::remove_all(folder);
  }

  /// Why a server that wants the same path cannot start; empty if it can.
  [[nodiscard]] std::string refusal() {
    rig other;
    other.http.socket = http.socket;
    actors::io_shards io{1};
    transport::server second{other.http, other.websocket,
                             transport::server::deps{other.front, io, other.registry,
                                                     observe::silent_logger(), base::system_clock(),
                                                     base::system_entropy(), "x"}};
    const auto bound = second.listen();
    if (bound)
      return {};
    CHECK(bound.why().where == "server.socket");
    CHECK(bound.why().detail.find(http.socket) != std::string::npos);
    return bound.why().detail;
  }
};

/// A socket file that nobody listens on any more.
void leave_stale_socket(const std::string& path) {
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(name.sun_path), sizeof name.sun_path - 1);
  REQUIRE(::bind(left, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  ::close(left);
  REQUIRE(fs::is_socket(path));
}

const std::string get_version = request_text("GET /api/version");

} // namespace

TEST_CASE_METHOD(socket_rig, "a Unix socket serves as the port does", "[unix]") {
  front.on_submit = [](actors::op& what) {
    static_cast<actors::op_of<actors::subscribe>&>(what).answer({});
    return true;
  };
  start(2);
  struct stat file {};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 07777U) == 0660);
  for (int i = 0; i < 20; ++i) {
    raw_client client{path};
    CHECK(client.exchange(get_version + request_text("GET /health")).status == 200);
    CHECK(client.read().status == 200);
  }
  raw_client socket{path};
  CHECK(socket.exchange(handshake_text("/ws/agents/b")).status == 101);
  socket.send(client_frame(ping_frame, "hello"));
  CHECK(read_frame(socket).payload == "hello");
  CHECK(raw_client{port}.exchange(get_version).status == 200);
}

TEST_CASE_METHOD(socket_rig, "a process of the server's user needs no key on its socket",
                 "[unix]") {
  auto keys = std::make_shared<config::keyring>();
  keys->allow_localhost = false;
  keys->add("key-op", {"", true});
  rules.keys = std::move(keys);
  start();
  const auto status = [&](const std::string& headers, const std::string& at = "/api/version") {
    return raw_client{path}.exchange(request_text("GET " + at, {}, headers)).status;
  };
  CHECK(raw_client{port}.exchange(get_version).status == 401);
  CHECK(status("") == 200);
  CHECK(status("", "/metrics") == 200);
  CHECK(status("X-Agent-ID: a\r\n", "/metrics") == 403);
  CHECK(status("X-Forwarded-For: 10.0.0.1\r\n") == 401);
  CHECK(status("Origin: http://evil.example\r\n") == 403);
  CHECK(status("Sec-Fetch-Site: cross-site\r\n") == 403);
}

TEST_CASE_METHOD(socket_rig, "whatever a client calls the host of a Unix socket", "[unix]") {
  start();
  for (const auto* host : {"localhost", "unix", "", "%2Frun%2Fintermute.sock", "evil.example"})
    CHECK(raw_client{path}
            .exchange("GET /api/version HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n")
            .status
          == 200);
}

TEST_CASE_METHOD(socket_rig, "a stop removes the socket", "[unix]") {
  start();
  raw_client client{path};
  CHECK(client.exchange(get_version).status == 200);
  CHECK(stop(5s));
  CHECK_FALSE(fs::exists(path));
  CHECK(client.is_closed());
}

TEST_CASE_METHOD(socket_rig, "a socket that a dead server left is replaced", "[unix]") {
  leave_stale_socket(path);
  start();
  CHECK(raw_client{path}.exchange(get_version).status == 200);
}

TEST_CASE_METHOD(socket_rig, "a socket that a server listens on is left alone", "[unix]") {
  start();
  CHECK(refusal().find("another server listens there") != std::string::npos);
  CHECK(raw_client{path}.exchange(get_version).status == 200);
}

TEST_CASE_METHOD(socket_rig, "what is no socket is left alone", "[unix]") {
  std::ofstream{path} << "a file";
  CHECK(refusal().find("something else") != std::string::npos);
  CHECK(fs::file_size(path) == 6);
  fs::remove(path);

  fs::create_directory(path);
  CHECK_FALSE(refusal().empty());
  CHECK(fs::is_directory(path));
  fs::remove(path);

  leave_stale_socket(path + "-elsewhere");
  fs::create_symlink(path + "-elsewhere", path);
  CHECK_FALSE(refusal().empty());
  CHECK(fs::is_symlink(path));
  CHECK(fs::is_socket(path + "-elsewhere"));
}

TEST_CASE_METHOD(socket_rig, "a path that cannot be is refused", "[unix]") {
  http.socket = (folder / "no" / "such" / "folder").string();
  CHECK_FALSE(refusal().empty());
  http.socket = (folder / std::string(200, 'x')).string();
  CHECK(refusal().find("107 bytes") != std::string::npos);
  http.socket.clear();
}

TEST_CASE_METHOD(socket_rig, "a server removes no socket but its own", "[unix]") {
  start();
  fs::remove(path);
  leave_stale_socket(path);
  CHECK(stop(5s));
  CHECK(fs::is_socket(path));
}

TEST_CASE_METHOD(socket_rig, "a server that cannot listen on its socket listens nowhere",
                 "[unix]") {
  std::ofstream{path} << "a file";
  actors::io_shards io{2};
  std::uint16_t free = 0;
  {
    rig probe;
    probe.start();
    free = probe.port;
  }
  http.port = free;
  transport::server broken{http, websocket,
                           transport::server::deps{front, io, registry, observe::silent_logger(),
                                                   base::system_clock(), base::system_entropy(),
                                                   "x"}};
  CHECK_FALSE(broken.listen());
  rig other;
  other.http.port = free;
  other.start();
  CHECK(raw_client{other.port}.exchange(get_version).status == 200);
}
