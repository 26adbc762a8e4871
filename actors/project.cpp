#include "actors/project.hpp"

#include "actors/broadcast_audience.hpp"
#include "actors/cold_reads.hpp"
#include "actors/guarded.hpp"
#include "actors/project_writes.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;

bool contains(const std::vector<std::string>& some, const std::string& one) {
  return std::ranges::find(some, one) != some.end();
}

/// The agent that a request of this kind acts for; null for requests that are never parked.
const std::string* sender_of(const op& what) {
  switch (what.kind()) {
  case op_kind::send_message: return &static_cast<const op_of<send_message>&>(what).request.from;
  case op_kind::broadcast: return &static_cast<const op_of<broadcast>&>(what).request.from;
  default: return nullptr;
  }
}

} // namespace

project::project(caf::actor_config& config, cell_ptr address, const services& deps)
  : bounded(config, std::move(address)), deps_(deps), epoch_(this->address()->next_epoch()) {}

project::behavior_type project::make_behavior() {
  return {
    [this](op_ptr& what) {
      guarded(*this, deps_.say, address()->name(), what.get(), [&] { handle(what); });
    },
    [this](const contacts_judged& note) {
      guarded(*this, deps_.say, address()->name(), note.request.get(), [&] { judged(note); });
    },
    [this](const epoch_failed& note) {
      if (note.which == epoch_)
        epoch_ = address()->next_epoch(); // No state to reload: the next decision is good again.
    },
    [this](passivate_note) {
      if (parked_.empty() && broadcasts_.idle(deps_.clock.steady()) && address()->passivate())
        quit();
    },
  };
}

void project::handle(op_ptr what) {
  const auto* const from = sender_of(*what);
  if (from == nullptr)
    return serve(*what);
  if (const auto at = parked_.find(*from); at != parked_.end())
    at->second.push_back(std::move(what));
  else
    serve(*what);
}

void project::serve(op& what) {
  if (what.expired(deps_.clock.steady()))
    return what.fail({errc::deadline_exceeded,
                      "The request waited longer than its deadline. Nothing of it was done.",
                      "project"});
  match(
    what, [this](op_of<send_message>& one) { send(one, nullptr); },
    [this](op_of<broadcast>& one) { broadcast_one(one); },
    [this](op_of<mark_message>& one) { mark(one); });
}

void project::park(op& what, const std::string& of, judge_contacts_job judge) {
  auto job
    = [asked = op_ptr{&what}, to = address(), judge = std::move(judge)](storage::reader& from) {
        using found = base::result<contact_verdicts>;
        to->notify(
          caf::make_message(contacts_judged{asked, std::make_shared<const found>(judge(from))}));
      };
  if (!deps_.readers.submit(std::move(job)))
    return what.fail(cold_reads::full());
  parked_[of];
}

void project::judged(const contacts_judged& note) {
  auto& what = *note.request;
  const auto from = *sender_of(what); // The request may be taken apart.
  if (!*note.found)
    what.fail(note.found->why());
  else
    match(
      what, [&](op_of<send_message>& one) { send(one, &**note.found); },
      [&](op_of<broadcast>& one) { broadcast_to(one, **note.found); });
  go_on(from);
}

void project::go_on(const std::string& of) {
  auto waiting = std::move(parked_[of]);
  parked_.erase(of);
  for (auto& one : waiting)
    handle(std::move(one)); // Parks the rest again when one of them is looked up.
}

// ---- Sending ----------------------------------------------------------------------------------

void project::send(op_of<send_message>& what, allowance found) {
  const auto& asked = what.request;
  if (base::trimmed(asked.from).empty())
    return what.fail({errc::missing_field, "`from` must name the sending agent.", "from"});
  if (asked.to.empty())
    return what.fail({errc::missing_field, "`to` must name at least one agent.", "to"});
  const auto known = deps_.agents.load();
  contact_question question{asked.project, asked.thread_id, asked.from, {}, {}, deps_.clock.wall()};
  sent told;
  std::vector<domain::recipient> reached;
  for (auto& one : domain::recipients_of(asked.to, asked.cc, asked.bcc)) {
    const auto* const agent = known->find(one.agent);
    const auto* const record = agent != nullptr ? agent->record.get() : nullptr;
    auto answer = answer_of(record, asked.from);
    if (answer == contact_answer::ask && found != nullptr)
      answer = contains(found->allowed, one.agent) ? contact_answer::allow : contact_answer::deny;
    if (answer == contact_answer::ask)
      (record->policy == domain::contact_policy::automatic ? question.automatic : question.contacts)
        .push_back(one.agent);
    if (answer == contact_answer::deny) {
      told.denied.push_back(std::move(one.agent));
      continue;
    }
    if (record == nullptr && one.kind == domain::recipient_kind::to)
      told.unknown_recipients.push_back(one.agent);
    if (record != nullptr && record->retired_at)
      told.retired_recipients.push_back(one.agent);
    reached.push_back(std::move(one));
  }
  if (!question.automatic.empty() || !question.contacts.empty())
    return park(what, asked.from, [question = std::move(question)](storage::reader& from) {
      return judge_contacts(from, question);
    });
  if (reached.empty())
    return what.answer(std::move(told));
  send_to(what, std::move(told), std::move(reached));
}

void project::send_to(op_of<send_message>& what, sent told,
                      std::vector<domain::recipient> recipients) {
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());
  auto& asked = what.request;
  auto made = std::make_shared<domain::message>();
  made->created_at = deps_.clock.wall();
  made->project = std::move(asked.project);
  const bool named = !asked.id.empty();
  made->id = named ? std::move(asked.id) : base::make_uuid(made->created_at, deps_.random);
  made->thread_id = std::move(asked.thread_id);
  made->from = std::move(asked.from);
  made->recipients = std::move(recipients);
  made->subject = std::move(asked.subject);
  made->topic = domain::normal_topic(asked.topic);
  made->body = std::move(asked.body);
  made->importance = std::move(asked.importance);
  made->ack_required = asked.ack_required;

  told.message_id = made->id;
  told.to = domain::agents_of(made->recipients, domain::recipient_kind::to);
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_message{std::move(made), named});
  auto context = std::make_unique<send_context>(address(), op_ptr{&what}, std::move(told));
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(*taken)))
    what.fail(change_log::closed());
}

// ---- Broadcasts -------------------------------------------------------------------------------

void project::broadcast_one(op_of<broadcast>& what) {
  const auto& asked = what.request;
  if (asked.project.empty())
    return what.fail({errc::project_required, "A broadcast needs a project.", "project"});
  if (const auto wait = broadcasts_.count(asked.rate_key, deps_.tuned.broadcasts_per_minute,
                                          deps_.tuned.rate_keys_max, deps_.clock.steady());
      wait)
    return what.fail({errc::rate_limited,
                      "This agent has sent as many broadcasts as it may in a minute.", "broadcasts",
                      static_cast<std::uint64_t>(wait->count())});
  park(what, asked.from,
       [known = deps_.agents.load(), project = asked.project, sender = asked.from,
        now = deps_.clock.wall()](storage::reader& from) {
         return audience_of(*known, project, sender, now, from);
       });
}

void project::broadcast_to(op_of<broadcast>& what, const contact_verdicts& found) {
  auto& asked = what.request;
  broadcast_done told;
  told.denied = found.denied;
  if (found.allowed.empty() && found.denied.empty())
    return deps_.log.answer(what, std::move(told), address(), epoch_);
  if (found.allowed.empty())
    return what.answer(std::move(told));
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());
  auto made = std::make_shared<domain::message>();
  made->created_at = deps_.clock.wall();
  made->id = base::make_uuid(made->created_at, deps_.random);
  made->project = std::move(asked.project);
  made->from = std::move(asked.from);
  made->recipients = domain::recipients_of(found.allowed, {}, {});
  made->subject = std::move(asked.subject);
  made->topic = domain::normal_topic(asked.topic);
  made->body = std::move(asked.body);
  told.message_id = made->id;
  told.delivered = static_cast<std::uint32_t>(made->recipients.size());
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_message{std::move(made), false});
  auto context = std::make_unique<broadcast_context>(address(), op_ptr{&what}, std::move(told));
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(*taken)))
    what.fail(change_log::closed());
}

// ---- Marks ------------------------------------------------------------------------------------

void project::mark(op_of<mark_message>& what) {
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());
  const auto& asked = what.request;
  storage::mark_message operation{asked.project, asked.message_id, asked.agent, asked.mark,
                                  deps_.clock.wall()};
  std::vector<storage::row_operation> operations;
  operations.emplace_back(std::move(operation));
  auto context = std::make_unique<mark_context>(address(), op_ptr{&what});
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(*taken)))
    what.fail(change_log::closed());
}

} // namespace intermute::actors
