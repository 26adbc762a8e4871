#include "observe/registry.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

namespace intermute::observe {
namespace {

/// True if `line` is one whole line of what the registry serves.
bool shows(const registry& metrics, const std::string& line) {
  std::istringstream text{metrics.text()};
  for (std::string one; std::getline(text, one);) // Ends: the text does.
    if (one == line)
      return true;
  return false;
}

} // namespace

TEST_CASE("a counter is served with its help, its type and its labels") {
  registry metrics;
  auto& plain = metrics.add_counter("intermute_things_total", "Things done.");
  auto& other = metrics.add_counter("intermute_jobs_total", "Jobs.", {{"class", "2xx"}});
  REQUIRE(shows(metrics, "# HELP intermute_things_total Things done."));
  REQUIRE(shows(metrics, "# TYPE intermute_things_total counter"));
  REQUIRE(shows(metrics, "intermute_things_total 0"));
  plain.Increment();
  plain.Increment(2);
  other.Increment();
  REQUIRE(shows(metrics, "intermute_things_total 3"));
  REQUIRE(shows(metrics, R"(intermute_jobs_total{class="2xx"} 1)"));
}

TEST_CASE("a gauge goes up and down") {
  registry metrics;
  auto& depth = metrics.add_gauge("intermute_depth", "Places.", {{"class", "project"}});
  depth.Set(7);
  depth.Decrement(2);
  REQUIRE(shows(metrics, "# TYPE intermute_depth gauge"));
  REQUIRE(shows(metrics, R"(intermute_depth{class="project"} 5)"));
}

TEST_CASE("a histogram is served as growing buckets, sum and count") {
  registry metrics;
  auto& took
    = metrics.add_histogram("intermute_wait_seconds", "Waits.", {0.5, 2}, {{"operation", "read"}});
  for (const auto value : {0.25, 0.5, 1.0, 8.0})
    took.Observe(value);
  REQUIRE(shows(metrics, "# TYPE intermute_wait_seconds histogram"));
  REQUIRE(shows(metrics, R"(intermute_wait_seconds_bucket{operation="read",le="0.5"} 2)"));
  REQUIRE(shows(metrics, R"(intermute_wait_seconds_bucket{operation="read",le="2"} 3)"));
  REQUIRE(shows(metrics, R"(intermute_wait_seconds_bucket{operation="read",le="+Inf"} 4)"));
  REQUIRE(shows(metrics, R"(intermute_wait_seconds_sum{operation="read"} 9.75)"));
  REQUIRE(shows(metrics, R"(intermute_wait_seconds_count{operation="read"} 4)"));
}

TEST_CASE("one name and other labels are one family; the same labels the same metric") {
  registry metrics;
  auto& ok = metrics.add_counter("intermute_answers_total", "Answers.", {{"class", "2xx"}});
  auto& bad = metrics.add_counter("intermute_answers_total", "Answers.", {{"class", "5xx"}});
  auto& again = metrics.add_counter("intermute_answers_total", "Answers.", {{"class", "2xx"}});
  REQUIRE(&ok == &again);
  REQUIRE(&ok != &bad);
  ok.Increment(3);
  REQUIRE(shows(metrics, R"(intermute_answers_total{class="2xx"} 3)"));
  REQUIRE(shows(metrics, R"(intermute_answers_total{class="5xx"} 0)"));
  const auto text = metrics.text();
  const auto type = std::string{"# TYPE intermute_answers_total"};
  REQUIRE(text.find(type) == text.rfind(type));
}

TEST_CASE("a reader is asked at every look, and at no other time") {
  registry metrics;
  int looks = 0;
  metrics.add_reader("intermute_queue_depth", "Waiting.", sample_kind::level, [&] {
    ++looks;
    return std::vector<sample>{{{{"class", "push"}}, 2.0 * looks}, {{{"class", "inbox"}}, 0}};
  });
  metrics.add_reader("intermute_taken_total", "Taken.", sample_kind::total, [] {
    return std::vector<sample>{{{}, 41}};
  });
  REQUIRE(looks == 0);
  REQUIRE(shows(metrics, R"(intermute_queue_depth{class="push"} 2)"));
  REQUIRE(shows(metrics, R"(intermute_queue_depth{class="push"} 4)"));
  REQUIRE(shows(metrics, R"(intermute_queue_depth{class="inbox"} 0)"));
  REQUIRE(looks == 3);
  REQUIRE(shows(metrics, "# TYPE intermute_queue_depth gauge"));
  REQUIRE(shows(metrics, "# TYPE intermute_taken_total counter"));
  REQUIRE(shows(metrics, "intermute_taken_total 41"));
}

TEST_CASE("a label's value cannot break its line") {
  registry metrics;
  (void)metrics.add_gauge("intermute_odd", "Odd.", {{"name", "a\"b\\c\nd"}});
  REQUIRE(shows(metrics, R"(intermute_odd{name="a\"b\\c\nd"} 0)"));
}

TEST_CASE("latency bounds ascend from 50 microseconds to 10 seconds") {
  const auto bounds = latency_bounds();
  REQUIRE(bounds.front() == Approx(0.00005));
  REQUIRE(bounds.back() == Approx(10));
  REQUIRE(std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>{}) == bounds.end());
}

} // namespace intermute::observe
