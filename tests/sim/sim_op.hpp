#pragma once

#include "base/sha256.hpp"
#include "tests/sim/world.hpp"

#include <string>
#include <vector>

/// How a simulated client asks.
namespace intermute::test {

inline const std::vector<std::string> projects{"p", "p", "q", ""};
inline const std::vector<std::string> agents{"ada", "bob", "cyd"};

inline void require(bool holds, const std::string& promise) {
  if (!holds)
    throw world::broken_promise(promise);
}

inline void take(asked& into, const actors::sent& got) {
  if (!got.message_id.empty())
    into.stored = got;
  into.kept = got.message_id + "@" + std::to_string(got.at);
}
inline void take(asked& into, const actors::registered& got) { into.registered = got; }
inline void take(asked& into, actors::inbox_page& got) { into.page = std::move(got.entries); }
inline void take(asked& into, const domain::inbox_counts& got) { into.counts = got; }
inline void take(asked& into, const actors::reserved& got) {
  into.reserved = got;
  into.kept = got.reservation.id;
  for (const auto& one : got.conflicts)
    into.shown.push_back(one.reservation_id);
}
inline void take(asked& into, const actors::reservation_list& got) {
  for (const auto& one : got.reservations)
    into.shown.push_back(one.id);
}
inline void take(asked& into, const actors::conflict_list& got) {
  for (const auto& one : got.conflicts)
    into.shown.push_back(one.reservation_id);
}
template <class Other>
void take(asked&, const Other&) {}

template <class Request>
class sim_op final : public actors::op_of<Request> {
public:
  sim_op(Request what, world& home, base::steady_time deadline, actors::source_id source,
         asked& note)
    : actors::op_of<Request>(std::move(what), home, deadline, source), home_(home), note_(note) {}

  std::string kept_form(const typename Request::reply& value) const override {
    asked scratch;
    auto copy = value;
    take(scratch, copy);
    return "kept " + scratch.kept;
  }

  void answered() override {
    if (this->replayed() != nullptr)
      note_.kept = this->replayed()->substr(5);
    else if (auto& outcome = this->outcome(); outcome)
      take(note_, *outcome);
    else
      note_.failure = outcome.why();
    home_.note_answer(note_);
  }

private:
  world& home_;
  asked& note_;
};

template <class Request>
asked& world::ask(Request what, const std::string& scope) {
  auto& note = *asked_.emplace_back(std::make_unique<asked>());
  note.number = asked_.size() - 1;
  note.kind = Request::kind;
  note.acked_before = acked_sends_;
  actors::op_ptr made{new sim_op<Request>{
    std::move(what), *this, clock_.steady() + std::chrono::seconds{2}, random_() % 5 + 1, note}};
  if (!scope.empty()) {
    note.scope = scope;
    made->claim({base::sha256(scope), base::sha256(scope), base::sha256("secret " + scope)});
  }
  // Answers are handed out in a later step, so the caller can still fill in the note.
  system_->submit(std::move(made));
  return note;
}

} // namespace intermute::test
