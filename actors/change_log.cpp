#include "actors/change_log.hpp"

#include "base/seal.hpp"

namespace intermute::actors {

void write_context::rejected(storage::change& what, publication& out) {
  if (request_ != nullptr && request_->settle_failure(*what.failure))
    out.reply(request_);
  out.tell_owner(owner_, caf::make_message(epoch_failed{what.decided_in}));
}

std::optional<storage::row_operation> write_context::conclude(const storage::change& what) const {
  if (request_ == nullptr || request_->claimed() == nullptr)
    return std::nullopt;
  const auto reply = kept_reply(what);
  if (reply.empty())
    return std::nullopt;
  return log_->kept(*request_->claimed(), reply);
}

storage::put_replay change_log::kept(const idempotency& of, const std::string& reply) const {
  const auto now = keeping_.clock.wall();
  return {of.scope, of.body, base::seal(reply, of.secret, keeping_.random), now,
          now + keeping_.keep.load()};
}

base::result<place> change_log::admit(source_id source, urgency kind) const {
  if (auto open = gate_.admit_write(); !open)
    return open.why();
  return place::take(gauge_, source, kind);
}

bool change_log::submit(storage::epoch decided_in, std::vector<storage::row_operation> operations,
                        std::unique_ptr<write_context> context, place taken) const {
  auto what = std::make_unique<storage::change>();
  what->owner = context->owner()->owner();
  what->decided_in = decided_in;
  what->operations = std::move(operations);
  if (context->request() != nullptr)
    context->request()->note_logged();
  context->hold(std::move(taken));
  context->log_ = this;
  what->context = std::move(context);
  return writer_.submit(what);
}

void barrier_context::committed(storage::change&, publication& out) {
  out.tell_owner(owner(), caf::make_message(barrier_passed{which_, true}));
}

void barrier_context::rejected(storage::change&, publication& out) {
  out.tell_owner(owner(), caf::make_message(barrier_passed{which_, false}));
}

} // namespace intermute::actors
