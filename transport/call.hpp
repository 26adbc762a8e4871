#pragma once

#include "actors/op.hpp"
#include "base/sha256.hpp"
#include "transport/connection.hpp"
#include "transport/http/request.hpp"
#include "transport/http/response.hpp"
#include "transport/http/scope.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace intermute::transport {

/// The op of one request. Finds its connection by id when it is answered, so a connection that is
/// gone, or that has answered by itself in the meantime, costs nothing.
template <class Request>
class pending final : public actors::op_of<Request> {
public:
  using reply = typename Request::reply;
  /// Writes the answer for a reply; may take the reply apart. Called on the shard's thread, and
  /// with a copy of the reply on the writer's when the answer is to be kept.
  using renderer = void (*)(const Request& asked, reply& got, http::response& into);

  pending(Request what, shard& home, base::steady_time deadline, actors::source_id source,
          const exchange_ref& of, renderer render)
    : actors::op_of<Request>(std::move(what), home, deadline, source), home_(home), of_(of),
      render_(render) {}

  void answered() override {
    auto* const into = home_.begin_answer(of_);
    if (into == nullptr)
      return;
    if (const auto* const kept = this->replayed())
      http::restore(*into, *kept);
    else if (auto& outcome = this->outcome())
      render_(this->request, *outcome, *into);
    else
      into->fail(outcome.why());
    home_.end_answer(of_);
  }

  [[nodiscard]] std::string kept_form(const reply& value) const override {
    reply copy = value;
    http::response answer;
    render_(this->request, copy, answer);
    return http::kept_form(answer);
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
      deadline_(from.find_open(of.number)->deadline) {
    // Now, since reading a body as JSON changes it.
    if (one.has_idempotency_key && one.method != http::verb::get && one.method != http::verb::head)
      body_digest_ = base::sha256(one.body);
  }

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

  /// True if a write needs the token of the agent it acts as (`auth.require_agent_token`).
  [[nodiscard]] bool requires_token() { return with().require_agent_token(); }

  /// Who sends, for the share of mailboxes: the agent if it is known, else the connection.
  [[nodiscard]] actors::source_id source(std::string_view agent) const {
    const auto known = agent.empty() ? std::string_view{request.who.agent} : agent;
    if (known.empty())
      return of_.connection;
    return std::hash<std::string_view>{}(known) | 1U;
  }

  /// Sends `what`, a read, to its actor; `render` makes the answer from the reply.
  template <class Request>
  void ask(Request what, actors::source_id source, typename pending<Request>::renderer render) {
    submit(
      actors::op_ptr{new pending<Request>{std::move(what), home_, deadline_, source, of_, render}});
  }

  /// Sends `what`, a write, to its actor, and takes it apart. When the request has an
  /// Idempotency-Key its answer is kept for repeats; refuses a key that is not valid.
  /// @param project  That the request concerns; empty if none. May be of `what`, as the next.
  /// @param acting   The agent that the request acts as; empty if none.
  template <class Request>
  void ask_write(Request& what, std::string_view project, std::string_view acting,
                 typename pending<Request>::renderer render) {
    const auto sender = source(acting); // Before `what` is moved away from under it.
    if (!request.has_idempotency_key)
      return ask(std::move(what), sender, render);
    auto claim = http::claim_of(request, project, acting, std::move(body_digest_));
    if (!claim)
      return refuse(claim.why());
    actors::op_ptr one{
      new pending<Request>{std::move(what), home_, deadline_, sender, of_, render}};
    one->claim(std::move(*claim));
    submit(std::move(one));
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
  std::string body_digest_;
  bool asked_ = false;
};

} // namespace intermute::transport
