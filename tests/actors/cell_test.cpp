#include "actors/address_book.hpp"
#include "actors/bounded.hpp"
#include "actors/guarded.hpp"
#include "actors/runtime/coordinator.hpp"
#include "actors/supervisor.hpp"
#include "tests/support/stepped_executor.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <optional>

namespace intermute::actors {
namespace {

using base::errc;
using work_atom = caf::atom_constant<caf::atom("work")>;

using counting_actor = caf::typed_actor<caf::reacts_to<op_ptr>, caf::reacts_to<passivate_note>,
                                        caf::replies_to<work_atom>::with<int>>;

/// Answers counts with how many it has answered; a count for the agent "boom" is a defect of it.
class counting final : public bounded<counting_actor::base> {
public:
  counting(caf::actor_config& config, cell_ptr address) : bounded(config, std::move(address)) {}

  behavior_type make_behavior() override {
    return {
      [this](op_ptr& what) {
        guarded(*this, observe::silent_logger(), "counting", what.get(), [&] {
          match(*what, [this](op_of<count_inbox>& one) {
            if (one.request.agent == "boom")
              throw std::runtime_error("a defect");
            one.answer({++answered_, 0});
          });
        });
      },
      [this](passivate_note) {
        if (address()->passivate())
          quit();
      },
      [](work_atom) { return 7; },
    };
  }

private:
  std::uint64_t answered_ = 0;
};

/// A sink that hands out when it is told to.
struct collecting_sink final : reply_sink {
  void deliver(std::vector<op_ptr> answered) override {
    for (auto& one : answered)
      waiting.push_back(std::move(one));
  }
  void hand_out() {
    for (auto& one : std::exchange(waiting, {}))
      one->answered();
  }
  std::vector<op_ptr> waiting;
};

struct noted_answer {
  int times = 0;
  std::optional<domain::inbox_counts> counts;
  std::optional<errc> failure;
};

class noted_op final : public op_of<count_inbox> {
public:
  noted_op(reply_sink& sink, std::string agent, source_id source, noted_answer& into)
    : op_of({"p", std::move(agent)}, sink, base::steady_time::max(), source), into_(into) {}
  void answered() override {
    ++into_.times;
    if (outcome())
      into_.counts = *outcome();
    else
      into_.failure = outcome().why().code;
  }

private:
  noted_answer& into_;
};

struct fixture {
  fixture() {
    limits.restarts_max = 2;
    limits.restart_pause = std::chrono::milliseconds{50};
    of = system.spawn<supervisor>(
      supervisor_deps{limits, clock, nullptr, probe, observe::silent_logger()});
    watch.connect(of);
    shared.capacity = 4;
    home = std::make_shared<cell>(
      "counting", shared,
      [this](const cell_ptr& at) {
        ++born;
        return caf::actor_cast<caf::strong_actor_ptr>(system.spawn<counting>(at));
      },
      watch, clock);
  }
  ~fixture() {
    watch.connect({});
    for (auto actor : {home->close(), caf::actor_cast<caf::strong_actor_ptr>(of)})
      if (actor != nullptr)
        caf::anon_send_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::user_shutdown);
    of = supervisor_actor{};
    executor.run_until([this] { return system.registry().running() == 0; });
  }

  noted_answer& ask(const std::string& agent = "ada", source_id source = 0) {
    auto& note = *answers.emplace_back(std::make_unique<noted_answer>());
    CHECK(home->submit(op_ptr{new noted_op{sink, agent, source, note}}) == delivery::taken);
    return note;
  }
  /// Runs everything that can run now.
  void settle() {
    while (executor.step()) { // Ends: no job of these actors makes another for ever.
    }
    sink.hand_out();
  }

  std::mt19937_64 random{1};
  test::stepped_clock clock;
  test::stepped_executor executor{clock, random};
  config::actors_config limits;
  observe::registry metrics;
  supervisor_probe probe{metrics};
  runtime_config caf_config{&executor, 50};
  caf::actor_system system{caf_config};
  supervision watch;
  supervisor_actor of;
  mailbox_class_state shared;
  collecting_sink sink;
  int born = 0;
  cell_ptr home;
  std::vector<std::unique_ptr<noted_answer>> answers;
};

} // namespace

TEST_CASE_METHOD(fixture, "an op is answered and gives its place back", "[actors]") {
  const auto& one = ask();
  REQUIRE(shared.depth == 1);
  settle();
  REQUIRE(one.times == 1);
  REQUIRE(one.counts->total == 1);
  REQUIRE(shared.depth == 0);
  REQUIRE(born == 1);
}

TEST_CASE_METHOD(fixture, "a full mailbox refuses at once, and the refusal frees nothing",
                 "[actors]") {
  for (int i = 0; i < 4; ++i)
    ask();
  const auto& refused = ask();
  sink.hand_out();
  REQUIRE(refused.failure == errc::mailbox_full);
  REQUIRE(shared.depth == 4);
  settle();
  for (const auto& one : answers)
    REQUIRE(one->times == 1);
  REQUIRE(shared.depth == 0);
}

TEST_CASE_METHOD(fixture, "a message past the cell is bounded too", "[actors]") {
  home->ensure_started();
  const auto target = caf::actor_cast<caf::actor>(home->actor());
  for (int i = 0; i < 10; ++i)
    caf::anon_send(target, work_atom::value);
  REQUIRE(shared.depth == 4);
  REQUIRE(shared.refused == 6);
  caf::scoped_actor self{system};
  bool told = false;
  self->request(target, caf::infinite, work_atom::value)
    .receive([](int) {}, [&](const caf::error&) { told = true; });
  REQUIRE(told); // The request was answered although nobody has run yet.
  settle();
  REQUIRE(shared.depth == 0);
}

TEST_CASE_METHOD(fixture, "a defect answers its op, and the others find a new actor", "[actors]") {
  const auto& bad = ask("boom");
  settle();
  REQUIRE(bad.failure == errc::internal);
  const auto& early = ask(); // Waits in the cell: the supervisor pauses.
  settle();
  REQUIRE(early.times == 0);
  REQUIRE(shared.depth == 1);
  executor.advance(std::chrono::milliseconds{60});
  settle();
  REQUIRE(early.counts->total == 1); // A new life has counted nothing yet.
  REQUIRE(born == 2);
  REQUIRE(shared.depth == 0);
}

TEST_CASE_METHOD(fixture, "an op in the mailbox of a killed actor answers itself", "[actors]") {
  home->ensure_started();
  settle();
  caf::anon_send_exit(caf::actor_cast<caf::actor>(home->actor()), caf::exit_reason::kill);
  const auto& one = ask();
  settle();
  executor.advance(std::chrono::milliseconds{60});
  settle();
  REQUIRE(one.times == 1);
  // Which of the two came first is up to the executor; nothing hangs either way.
  REQUIRE((one.counts.has_value() || one.failure == errc::actor_restarting));
  REQUIRE(shared.depth == 0);
}

TEST_CASE_METHOD(fixture, "an actor that keeps crashing is quarantined for a while", "[actors]") {
  for (int i = 0; i < 3; ++i) {
    ask("boom");
    settle();
    executor.advance(std::chrono::milliseconds{200});
    settle();
  }
  const auto& refused = ask();
  settle();
  REQUIRE(refused.failure == errc::quarantined);
  REQUIRE(probe.quarantines.Value() == 1);
  executor.advance(std::chrono::seconds{31});
  settle();
  const auto& later = ask();
  settle();
  REQUIRE(later.counts.has_value());
  REQUIRE(shared.depth == 0);
}

TEST_CASE_METHOD(fixture, "an idle actor ends and the next op makes another", "[actors]") {
  ask();
  settle();
  home->notify(caf::make_message(passivate_note{}));
  settle();
  REQUIRE_FALSE(home->live());
  SECTION("by the next op") {
    const auto& again = ask();
    settle();
    REQUIRE(again.counts->total == 1);
    REQUIRE(born == 2);
  }
  SECTION("unless the cell was evicted: then the sender looks it up again") {
    REQUIRE(home->evict());
    auto note = std::make_unique<noted_answer>();
    REQUIRE(home->submit(op_ptr{new noted_op{sink, "ada", 0, *note}}) == delivery::evicted);
    REQUIRE(shared.depth == 0);
    sink.hand_out(); // Dropped unanswered, it answers itself.
    REQUIRE(note->times == 1);
  }
}

TEST_CASE_METHOD(fixture, "an actor with work does not passivate", "[actors]") {
  home->ensure_started();
  settle();
  ask();
  REQUIRE_FALSE(home->passivate());
  settle();
}

TEST_CASE_METHOD(fixture, "a closed cell refuses and answers what waited", "[actors]") {
  ask("boom");
  settle();
  const auto& waiting = ask();
  home->close();
  const auto& late = ask();
  sink.hand_out();
  REQUIRE(waiting.failure == errc::actor_restarting);
  REQUIRE(late.failure == errc::shutting_down);
  REQUIRE(shared.depth == 0);
}

} // namespace intermute::actors
