#include "bench/load/hold_book.hpp"
#include "bench/load/message_log.hpp"
#include "bench/load/pacer.hpp"
#include "bench/load/zipf.hpp"
#include "bench/report/run_report.hpp"

#include <catch2/catch.hpp>
#include <rapidjson/document.h>

#include <map>
#include <sstream>

using namespace intermute::bench;
using counts = std::map<std::string, std::uint64_t>;

namespace {

options small_run() {
  options run;
  run.server = {"127.0.0.1", "1"};
  run.connections = 2;
  run.recipients = 4;
  return run;
}

/// Share of the keys that fall on the first one.
double share_of_first(double skew) {
  const zipf_table table{10, skew};
  int first = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i)
    first += table.key_of(spread_bits(i)) == 0 ? 1 : 0;
  return first / 10'000.0;
}

response answer_of(int status, std::string body) {
  response answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

} // namespace

TEST_CASE("keys follow Zipf's law", "[bench]") {
  CHECK(share_of_first(0) == Approx(0.1).margin(0.02));
  // 1 / (1 + 1/2 + ... + 1/10) and 1 / (1 + 1/4 + ... + 1/100).
  CHECK(share_of_first(1) == Approx(0.341).margin(0.02));
  CHECK(share_of_first(2) == Approx(0.645).margin(0.02));
  const zipf_table one{1, 1};
  CHECK(one.key_of(0) == 0);
  CHECK(one.key_of(UINT64_MAX) == 0);
  const zipf_table ten{10, 0};
  CHECK(ten.key_of(UINT64_MAX) == 9);
}

TEST_CASE("an open loop is due at its rate, whoever answers", "[bench]") {
  for (const auto kind : {arrivals::even, arrivals::poisson}) {
    pacer paced{1'000, kind, 7};
    const bench_clock::time_point begin{};
    paced.start_at(begin);
    CHECK(paced.next() == begin);
    for (int i = 0; i < 10'000; ++i) {
      const auto before = paced.next();
      paced.advance();
      REQUIRE(paced.next() > before);
    }
    const std::chrono::duration<double> passed = paced.next() - begin;
    CHECK(passed.count() == Approx(10).epsilon(kind == arrivals::even ? 0.001 : 0.05));
  }
}

TEST_CASE("every message is whole JSON that names its recipients", "[bench]") {
  auto run = small_run();
  run.fanout = 2;
  for (const std::size_t body_bytes : {0, 5, 300}) {
    run.body_bytes = body_bytes;
    const request_plan plan{run, "01234567"};
    message_log log{plan, 1};
    for (std::uint64_t number = 0; number < 12; ++number) {
      const std::string text{log.next()};
      const auto body = text.substr(text.find("\r\n\r\n") + 4);
      CHECK(text.find("Content-Length: " + std::to_string(body.size()) + "\r\n")
            != std::string::npos);
      rapidjson::Document document;
      document.Parse(body.data(), body.size());
      REQUIRE_FALSE(document.HasParseError());
      const auto id = plan.message_id({1, number});
      CHECK(document["id"].GetString() == id);
      CHECK(document["body"].GetString() == plan.body(id));
      CHECK(document["body"].GetStringLength() == body_bytes);
      REQUIRE(document["to"].Size() == 2);
      for (rapidjson::SizeType nth = 0; nth < 2; ++nth)
        CHECK(document["to"][nth].GetString()
              == plan.recipient(0, plan.recipient_of({1, number}, nth)));
    }
  }
}

TEST_CASE("a send is written down as its answer says", "[bench]") {
  const request_plan plan{small_run(), "01234567"};
  message_log log{plan, 0};
  violations broken;
  const auto tell = [&](int status, const std::string& body) {
    (void)log.next();
    log.answered(answer_of(status, body), broken);
  };
  tell(200, R"({"message_id":"m","cursor":12})");
  tell(429, R"({"code":"mailbox_full"})");
  tell(503, R"({"code":"outcome_unknown"})");
  tell(500, "{}");
  CHECK(log.entries().cursor_of(0) == 12);
  CHECK(log.entries().is_refused(1));
  CHECK_FALSE(log.entries().is_refused(2));
  CHECK(log.entries().cursor_of(3) == 0);
  CHECK(broken.none());
  tell(200, "{}");
  CHECK(broken.by_kind() == counts{{"send reply without cursor", 1}});
}

TEST_CASE("two holders of a file are noticed at once", "[bench]") {
  const request_plan plan{small_run(), "01234567"};
  hold_book book{plan};
  CHECK(book.granted(0, 3, "r1", "a").empty());
  CHECK(book.granted(0, 4, "r2", "b").empty());
  CHECK(book.granted(0, 3, "r3", "b") == "a");
  book.releasing(0, 4, "r2");
  CHECK(book.granted(0, 4, "r4", "a").empty());
}

TEST_CASE("the list of reservations is compared with what was granted", "[bench]") {
  const request_plan plan{small_run(), "01234567"};
  hold_book book{plan};
  for (const auto* id : {"held", "lost", "doubled", "changed"})
    CHECK(book.granted(0, static_cast<std::size_t>(id[0]) % 4, id, "a").empty());
  for (const auto* id : {"back", "stays", "perhaps"}) {
    CHECK(book.granted(0, 7, id, "a").empty());
    book.releasing(0, 7, id);
  }
  book.released(0, "back");
  book.released(0, "stays");
  CHECK(book.live() == 4);
  const std::string reason = "load 01234567";
  book.see(0, "held", reason);
  book.see(0, "doubled", reason);
  book.see(0, "doubled", reason);
  book.see(0, "changed", "load 76543210");
  book.see(0, "stays", reason);
  book.see(0, "somebody else's", "lunch");
  CHECK(book.finish().by_kind()
        == counts{{"reservation corrupt", 1},
                  {"reservation doubled", 1},
                  {"reservation missing", 1},
                  {"reservation released but live", 1}});
}

TEST_CASE("members are found as they are written", "[bench]") {
  CHECK(text_member(R"({"id":"a","x":"id"})", "id") == "a");
  CHECK(text_member(R"({"x_id":"b","id":"a"})", "id") == "a");
  CHECK(text_member(R"({"id":7})", "id").empty());
  CHECK(text_member("id", "id").empty());
  CHECK(cursor_of(R"({"cursor": 17})") == 17);
  CHECK(cursor_of("{}") == 0);
}

TEST_CASE("percentiles have the form that HdrHistogram's plotters read", "[bench]") {
  histogram latency;
  for (std::uint64_t i = 1; i <= 1'000; ++i)
    latency.record(i * 1'000'000);
  std::istringstream text{render_percentiles(latency)};
  std::string row;
  std::getline(text, row);
  CHECK(row == "       Value     Percentile TotalCount 1/(1-Percentile)");
  std::getline(text, row);
  double last = -1;
  std::uint64_t total = 0;
  while (std::getline(text, row) && !row.starts_with("#")) { // Ends: with the text.
    std::istringstream fields{row};
    double value = 0;
    double percentile = 0;
    std::uint64_t count = 0;
    REQUIRE(fields >> value >> percentile >> count);
    CHECK(percentile > last);
    CHECK(count >= total);
    CHECK(value >= percentile * 1'000 * 0.99);
    last = percentile;
    total = count;
  }
  CHECK(last == 1);
  CHECK(total == 1'000);
  CHECK(row.find("Mean") != std::string::npos);
}
