#pragma once

#include "actors/op.hpp"
#include "transport/connection.hpp"
#include "transport/http/request.hpp"
#include "transport/http/response.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace intermute::transport {

/// The op of one request. Finds its connection by id when it is answered, so a connection that is
/// gone, or that has answered by itself in the meantime, costs nothing.
template <class Request>
class pending final : public actors::op_of<Request> {
public:
  using reply = typename Request::reply;
  /// Writes the answer for a reply; may take the reply apart.
  using renderer = void (*)(const Request& asked, reply& got, http::response& into);

  pending(Request what, shard& home, base::steady_time deadline, actors::source_id source,
          const exchange_ref& of, renderer render)
    : actors::op_of<Request>(std::move(what), home, deadline, source), home_(home), of_(of),
      render_(render) {}

  void answered() override {
    auto* const into = home_.begin_answer(of_);
    if (into == nullptr)
      return;
    auto& outcome = this->outcome();
    if (outcome)
      render_(this->request, *outcome, *into);
    else
      into->fail(outcome.why());
    home_.end_answer(of_);
  }

private:
  shard& home_;
  exchange_ref of_;
  renderer render_;
};

/// What a handler sees of one request. It either fills `reply()`, or refuses, or asks an actor.
class call {
public:
  call(shard& home, connection& from, const exchange_ref& of, http::request& one)
    : request(one), home_(home), from_(from), of_(of),
      deadline_(from.find_open(of.number)->deadline) {}

  http::request& request;

  [[nodiscard]] services& with() noexcept { return home_.with(); }
  [[nodiscard]] shard& home() noexcept { return home_; }
  [[nodiscard]] connection& from() noexcept { return from_; }
  [[nodiscard]] const exchange_ref& of() const noexcept { return of_; }

  /// The answer, blank at the first call. Not to be used once an actor was asked.
  http::response& reply() {
    if (reply_ == nullptr)
      reply_ = &home_.blank_answer();
    return *reply_;
  }
  void refuse(base::error why) { reply().fail(std::move(why)); }

  /// Who sends, for the share of mailboxes: the agent if it is known, else the connection.
  [[nodiscard]] actors::source_id source(std::string_view agent) const {
    const auto known = agent.empty() ? request.agent_id : agent;
    if (known.empty())
      return of_.connection;
    return std::hash<std::string_view>{}(known) | 1U;
  }

  /// Sends `what` to its actor; `render` makes the answer from the reply.
  template <class Request>
  void ask(Request what, actors::source_id source, typename pending<Request>::renderer render) {
    submit(
      actors::op_ptr{new pending<Request>{std::move(what), home_, deadline_, source, of_, render}});
  }
  /// Sends an op that answers this request.
  void submit(actors::op_ptr one) {
    asked_ = true;
    from_.find_open(of_.number)->asked = one.get();
    home_.with().front.submit(std::move(one));
  }
  [[nodiscard]] bool asked() const noexcept { return asked_; }
  [[nodiscard]] base::steady_time deadline() const noexcept { return deadline_; }

private:
  shard& home_;
  connection& from_;
  exchange_ref of_;
  base::steady_time deadline_;
  http::response* reply_ = nullptr;
  bool asked_ = false;
};

} // namespace intermute::transport
