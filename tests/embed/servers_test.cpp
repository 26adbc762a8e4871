#include "tests/embed/home.hpp"
#include "tests/transport/raw_client.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <fstream>

using namespace intermute;
using namespace intermute::tests;

namespace {

std::size_t mail_of(intermute::server& server) {
  return value_of(server.inbox(inbox_of("bob"))).entries.size();
}

raw_answer get(const intermute::server& from, const std::string& path,
               const std::string& headers = {}) {
  raw_client client{from.port()};
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  return client.read();
}

std::string refusal(const options& from) { return code_of(server::start(from)); }

} // namespace

TEST_CASE("two servers in one process share nothing, and one outlives the other", "[embed]") {
  const home folder;
  listener first_heard;
  listener second_heard;
  auto first = started(in_file(folder.file("1.db"), 0));
  auto second = started(in_file(folder.file("2.db"), 0));
  CHECK(first->port() != 0);
  CHECK(second->port() != 0);
  CHECK(first->port() != second->port());
  CHECK(first->url() == "http://127.0.0.1:" + std::to_string(first->port()));

  const auto first_handle = value_of(first->subscribe(first_heard.request("bob")));
  const auto second_handle = value_of(second->subscribe(second_heard.request("bob")));
  value_of(first->send(letter("ada", "bob", "m1")));
  CHECK(mail_of(*first) == 1);
  CHECK(mail_of(*second) == 0);
  value_of(second->send(letter("ada", "bob", "m2")));
  CHECK(first_heard.wait_for(1).at(0).message_id == "m1");
  CHECK(second_heard.wait_for(1).at(0).message_id == "m2");

  first->stop();
  CHECK_FALSE(first->ready());
  CHECK(second->ready());
  CHECK(get(*second, "/health").status == 200);
  value_of(second->send(letter("ada", "bob", "m3")));
  CHECK(mail_of(*second) == 2);
  CHECK(first_heard.events().size() == 1);
}

TEST_CASE("calls in the process and over HTTP see the same", "[embed]") {
  const home folder;
  const auto server = started(in_file(folder.file("x.db"), 0));
  value_of(server->send(letter("ada", "bob", "m1")));
  const auto page = get(*server, "/api/inbox/bob?project=p");
  CHECK(page.status == 200);
  CHECK(page.body.find("text of m1") != std::string::npos);

  const std::string body = R"({"project":"p","id":"m2","from":"ada","to":["bob"],"body":"x"})";
  raw_client client{server->port()};
  client.send("POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
              + std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(client.read().status == 200);
  CHECK(mail_of(*server) == 2);
}

TEST_CASE("a file that another server has is refused until that one stops", "[embed]") {
  const home folder;
  const auto first = started(in_file(folder.file("x.db")));
  const auto got = server::start(in_file(folder.file("x.db")));
  REQUIRE_FALSE(got);
  CHECK(got.why().code == "storage_busy");
  CHECK_FALSE(got.why().detail.empty());
  first->stop();
  CHECK(started(in_file(folder.file("x.db")))->ready());
}

TEST_CASE("a file that is no database is refused as it is", "[embed]") {
  const home folder;
  std::ofstream{folder.file("x.db")} << std::string(8'192, 'x');
  CHECK(refusal(in_file(folder.file("x.db"))) == "storage_corrupt");
}

TEST_CASE("options that are wrong are refused, each with its name", "[embed]") {
  const home folder;
  auto from = in_file(folder.file("x.db"));
  from.settings = {{"storage.readers", "0"}, {"storage.cachekib", "1"}};
  const auto got = server::start(from);
  REQUIRE_FALSE(got);
  CHECK(got.why().code == "invalid_request");
  CHECK(got.why().detail.find("storage.readers") != std::string::npos);
  CHECK(got.why().detail.find("storage.cache_kib") != std::string::npos); // What was meant.
  CHECK_FALSE(std::filesystem::exists(folder.file("x.db")));

  CHECK(refusal({}) == "invalid_request");
  from = in_file(folder.file("x.db"));
  from.unix_socket = folder.file("socket");
  CHECK(refusal(from) == "invalid_request");
  from = in_file(folder.file("x.db"), 0);
  from.host = "0.0.0.0"; // Open to other machines, and nobody there could be let in.
  CHECK(refusal(from) == "invalid_request");
  from.host = {};
  from.keys_file = folder.file("missing.yaml");
  CHECK(refusal(from) == "invalid_request");
}

TEST_CASE("a port that is taken is refused, and the file is free again", "[embed]") {
  const home folder;
  const auto first = started(in_file(folder.file("1.db"), 0));
  CHECK(refusal(in_file(folder.file("2.db"), first->port())) == "invalid_request");
  CHECK(started(in_file(folder.file("2.db")))->ready());
}

TEST_CASE("with a keys file only who has a key comes in over the network", "[embed]") {
  const home folder;
  std::ofstream{folder.file("keys.yaml")}
    << "default_policy:\n  allow_localhost_without_auth: false\n"
       "projects:\n  p:\n    keys: [\"key-of-p\"]\n";
  auto from = in_file(folder.file("x.db"), 0);
  from.keys_file = folder.file("keys.yaml");
  const auto server = started(std::move(from));
  CHECK(get(*server, "/api/agents").status == 401);
  CHECK(get(*server, "/api/agents", "Authorization: Bearer key-of-p\r\n").status == 200);
  value_of(server->send(letter("ada", "bob", "m1"))); // Its host needs none.
}

TEST_CASE("it listens on a Unix socket too", "[embed]") {
  const home folder;
  auto from = in_file(folder.file("x.db"), 0);
  from.unix_socket = folder.file("socket");
  const auto server = started(std::move(from));
  raw_client client{folder.file("socket")};
  client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(client.read().status == 200);
}

TEST_CASE("two servers may share a registry when their labels differ", "[embed]") {
  const home folder;
  const auto registry = std::make_shared<prometheus::Registry>();
  const auto labelled = [&](const std::string& name) {
    auto from = in_file(folder.file(name));
    from.metrics = registry;
    from.metric_labels = {{"server", name}};
    return started(std::move(from));
  };
  const auto first = labelled("one");
  const auto second = labelled("two");
  const auto text = prometheus::TextSerializer{}.Serialize(registry->Collect());
  CHECK(text.find("server=\"one\"") != std::string::npos);
  CHECK(text.find("server=\"two\"") != std::string::npos);
}
