#include "tests/counts/stage.hpp"

#include <catch2/catch.hpp>
#include <prometheus/registry.h>
#include <sched.h>
#include <stdlib.h>

#include <chrono>
#include <utility>

namespace intermute::tests::counts {
namespace {

std::filesystem::path new_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "intermute-counts-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

std::unique_ptr<server> started(const std::filesystem::path& folder,
                                std::shared_ptr<prometheus::Registry> metrics) {
  options wanted;
  wanted.database = folder / "x.db";
  wanted.port = 0;
  wanted.metrics = std::move(metrics);
  // However slow the machine is, nothing is given up.
  wanted.settings = {{"server.request_timeout", "10m"},
                     {"server.header_timeout", "10m"},
                     {"server.idle_timeout", "1h"},
                     {"actors.idle_timeout", "1h"}};
  auto made = server::start(std::move(wanted));
  if (!made)
    FAIL(made.why().code << ": " << made.why().detail);
  return std::move(*made);
}

} // namespace

stage::stage()
  : folder_(new_folder()), metrics_(std::make_shared<prometheus::Registry>()),
    server_(started(folder_, metrics_)), client_(std::make_unique<client>(server_->port())),
    threads_(std::make_unique<other_threads>()) {}

stage::~stage() {
  threads_.reset();
  client_.reset();
  server_.reset();
  std::error_code ignored; // Nothing to do about a file that stays.
  std::filesystem::remove_all(folder_, ignored);
}

std::string stage::request(std::string_view agent, std::string_view method, std::string_view target,
                           std::string_view body) {
  std::string made{method};
  made.append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                         "User-Agent: Go-http-client/1.1\r\n"
                                         "Accept-Encoding: gzip\r\nX-Agent-ID: ");
  made.append(agent).append("\r\n");
  if (method == "POST")
    made.append("Content-Type: application/json\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n");
  return made.append("\r\n").append(body);
}

answer stage::ask(std::string_view request, int status) {
  auto got = client_->ask(request);
  INFO(request << '\n' << got.body);
  REQUIRE(got.status == status);
  return got;
}

cost stage::cost_of(const std::function<void()>& work) {
  wait_until_quiet();
  const auto commits_before = commits();
  const auto before = read_counters();
  work();
  wait_until_quiet();
  const auto after = read_counters();
  cost found{};
  for (std::size_t i = 0; i < counted_kinds; ++i)
    found[i] = static_cast<double>(after[i] - before[i]);
  found.back() = static_cast<double>(commits() - commits_before);
  return found;
}

std::uint64_t stage::commits() const {
  for (const auto& family : metrics_->Collect())
    if (family.name == "intermute_writer_commit_seconds")
      return family.metric.at(0).histogram.sample_count;
  FAIL("the server does not tell its commits");
  return 0;
}

void stage::wait_for_undecided(std::uint64_t changes) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (undecided() != changes) { // Ends: they come, or a minute is over.
    REQUIRE(std::chrono::steady_clock::now() < until);
    ::sched_yield();
  }
  wait_until_quiet();
}

std::uint64_t stage::undecided() const {
  for (const auto& family : server_->readings()->Collect())
    for (const auto& metric : family.metric)
      if (family.name == "intermute_mailbox_depth" && metric.label.at(0).value == "writer")
        return static_cast<std::uint64_t>(metric.gauge.value);
  FAIL("the server does not tell what waits for its writer");
  return 0;
}

} // namespace intermute::tests::counts
