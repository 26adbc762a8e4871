#include "tests/counts/operations.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <span>
#include <utility>

namespace intermute::tests::counts {
namespace {

constexpr std::size_t blocks = 10;
constexpr std::size_t letters_at_once = 16;

/// Numbers of the same width, so that no request differs in length from another.
std::string number(std::size_t round) { return std::to_string(100'000 + round); }

/// Who talks to whom about what.
struct scene {
  explicit scene(stage& where);

  [[nodiscard]] std::string letter(const std::string& to, const std::string& id) const;
  [[nodiscard]] static std::string hold(const std::string& agent, const std::string& pattern);
  [[nodiscard]] std::string release(const std::string& id) const;
  [[nodiscard]] static std::string page(const std::string& agent, const std::string& since);

  [[nodiscard]] cost reserve(std::size_t round) const;
  [[nodiscard]] cost letters(std::size_t round);

  stage& on;
  std::string ada;
  std::string bob;
  std::string cat;
  std::string newest; ///< Where the inbox of cat ends.
  std::deque<client> crowd;
};

std::string registered(stage& on, const std::string& name) {
  const auto body = R"({"project":"p","name":")" + name + R"("})";
  return member(on.ask(stage::request(name, "POST", "/api/agents", body)), "agent_id");
}

/// The last number behind `"cursor":`.
std::string last_cursor(const answer& of) {
  constexpr std::string_view name = R"("cursor":)";
  const auto from = of.body.rfind(name) + name.size();
  return of.body.substr(from, of.body.find_first_not_of("0123456789", from) - from);
}

scene::scene(stage& where)
  : on(where), ada(registered(on, "ada")), bob(registered(on, "bob")), cat(registered(on, "cat")) {
  constexpr std::size_t letters_before = 40;
  constexpr std::size_t holds_before = 50;
  for (std::size_t i = 0; i < letters_before; ++i)
    on.ask(letter(cat, "for-cat-" + number(i)));
  newest = last_cursor(on.ask(page(cat, "0&limit=100")));
  on.ask(page(bob, "0&limit=100")); // From here on his inbox is in memory, as of one who polls.
  for (std::size_t i = 0; i < holds_before; ++i)
    on.ask(hold(bob, "lib/part-" + number(i) + "/**"), 201);
  for (std::size_t i = 0; i < letters_at_once; ++i)
    crowd.emplace_back(on.port());
}

std::string scene::letter(const std::string& to, const std::string& id) const {
  constexpr std::size_t body_bytes = 300;
  auto body = R"({"project":"p","from":")" + ada + R"(","to":[")" + to + R"("],"subject":"build",)";
  if (!id.empty())
    body += R"("id":")" + id + R"(",)";
  body += R"("body":")" + std::string(body_bytes, 'x') + R"("})";
  return stage::request(ada, "POST", "/api/messages", body);
}

std::string scene::hold(const std::string& agent, const std::string& pattern) {
  return stage::request(agent, "POST", "/api/reservations",
                        R"({"project":"p","agent_id":")" + agent + R"(","path_pattern":")" + pattern
                          + R"(","exclusive":true,"reason":"work","ttl_minutes":60})");
}

std::string scene::release(const std::string& id) const {
  return stage::request(ada, "DELETE", "/api/reservations/" + id);
}

std::string scene::page(const std::string& agent, const std::string& since) {
  return stage::request(agent, "GET", "/api/inbox/" + agent + "?project=p&since_cursor=" + since);
}

cost scene::reserve(std::size_t round) const {
  const auto request = hold(ada, "src/part-" + number(round) + "/**");
  answer got;
  const auto found = on.cost_of([&] { got = on.ask(request, 201); });
  on.ask(release(member(got, "id")));
  return found;
}

/// The first of them is being committed while the others come: so those make one batch.
cost scene::letters(std::size_t round) {
  return on.cost_of([&] {
    {
      closed_sync_gate gate;
      std::size_t sent = 0;
      for (auto& one : crowd) {
        one.send(letter(bob, "at-once-" + number(round * letters_at_once + sent)));
        on.wait_for_undecided(++sent);
      }
      gate.let_one_pass();
      on.wait_until_quiet();
    }
    for (auto& one : crowd)
      REQUIRE(one.read().status == 200);
  });
}

double middle_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double average_of(std::span<const double> values) {
  double sum = 0;
  for (const double one : values)
    sum += one;
  return sum / static_cast<double>(values.size());
}

} // namespace

std::vector<operation> operations(stage& on) {
  const auto with = std::make_shared<scene>(on);
  const auto named = [with](const std::string& prefix) {
    return [with, prefix](std::size_t i) { return with->letter(with->bob, prefix + number(i)); };
  };
  std::vector<operation> all;
  const auto add = [&](std::string name, std::function<std::string(std::size_t)> make) {
    all.push_back({std::move(name), [with, make = std::move(make)](std::size_t round) {
                     const auto request = make(round);
                     return with->on.cost_of([&] { with->on.ask(request); });
                   }});
  };
  add("health", [with](std::size_t) { return stage::request(with->ada, "GET", "/health"); });
  add("poll", [with](std::size_t) { return with->page(with->cat, with->newest + "&limit=20"); });
  add("inbox_20", [with](std::size_t) { return with->page(with->cat, "0&limit=20"); });
  add("heartbeat", [with](std::size_t) {
    return stage::request(with->ada, "POST", "/api/agents/" + with->ada + "/heartbeat");
  });
  add("check", [with](std::size_t) {
    return stage::request(with->ada, "GET",
                          "/api/reservations/check?project=p&pattern=src/part-1/x.cpp");
  });
  add("send", [with](std::size_t) { return with->letter(with->bob, {}); });
  add("send_with_id", named("named-"));
  add("ack", [with, named](std::size_t round) {
    with->on.ask(named("to-ack-")(round));
    return stage::request(with->bob, "POST",
                          "/api/messages/to-ack-" + number(round) + "/ack?project=p",
                          R"({"agent":")" + with->bob + R"("})");
  });
  all.push_back({"reserve", [with](std::size_t round) { return with->reserve(round); }});
  add("release", [with](std::size_t round) {
    const auto request = with->hold(with->ada, "src/part-" + number(round) + "/**");
    return with->release(member(with->on.ask(request, 201), "id"));
  });
  all.push_back({"send_16_at_once", [with](std::size_t round) { return with->letters(round); }, 5});
  return all;
}

cost measure(const operation& what) {
  const auto warm = what.rounds_of_block; // From there on.
  for (std::size_t i = 0; i < warm; ++i)
    what.round(i);
  std::array<std::vector<double>, std::tuple_size_v<cost>> seen;
  for (std::size_t i = 0; i < blocks * what.rounds_of_block; ++i) {
    const auto found = what.round(warm + i);
    for (std::size_t k = 0; k < found.size(); ++k)
      seen[k].push_back(found[k]);
  }
  cost usual{};
  std::ranges::transform(seen, usual.begin(), middle_of);
  constexpr auto bytes = static_cast<std::size_t>(counted::file_bytes);
  std::vector<double> averages;
  for (std::size_t i = 0; i < blocks; ++i)
    averages.push_back(
      average_of(std::span{seen[bytes]}.subspan(i * what.rounds_of_block, what.rounds_of_block)));
  usual[bytes] = middle_of(std::move(averages));
  return usual;
}

} // namespace intermute::tests::counts
