#include "actors/project.hpp"

#include "actors/guarded.hpp"
#include "actors/project_writes.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace intermute::actors {

using base::errc;

project::project(caf::actor_config& config, cell_ptr address, const services& deps)
  : bounded(config, std::move(address)), deps_(deps), epoch_(this->address()->next_epoch()) {}

project::behavior_type project::make_behavior() {
  return {
    [this](op_ptr& what) {
      guarded(*this, deps_.say, address()->name(), what.get(), [&] { handle(*what); });
    },
    [this](const epoch_failed& note) {
      if (note.which == epoch_)
        epoch_ = address()->next_epoch(); // No state to reload: the next decision is good again.
    },
    [this](passivate_note) {
      if (address()->passivate())
        quit();
    },
  };
}

void project::handle(op& what) {
  if (what.expired(deps_.clock.steady()))
    return what.fail({errc::deadline_exceeded,
                      "The request waited longer than its deadline. Nothing of it was done.",
                      "project"});
  match(
    what, [this](op_of<send_message>& one) { send(one); },
    [this](op_of<mark_message>& one) { mark(one); });
}

void project::send(op_of<send_message>& what) {
  auto& asked = what.request;
  if (base::trimmed(asked.from).empty())
    return what.fail({errc::missing_field, "`from` must name the sending agent.", "from"});
  if (asked.to.empty())
    return what.fail({errc::missing_field, "`to` must name at least one agent.", "to"});
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());

  auto made = std::make_shared<domain::message>();
  made->created_at = deps_.clock.wall();
  made->project = std::move(asked.project);
  const bool named = !asked.id.empty();
  made->id = named ? std::move(asked.id) : base::make_uuid(made->created_at, deps_.random);
  made->thread_id = std::move(asked.thread_id);
  made->from = std::move(asked.from);
  made->recipients = domain::recipients_of(asked.to, asked.cc, asked.bcc);
  made->subject = std::move(asked.subject);
  made->topic = domain::normal_topic(asked.topic);
  made->body = std::move(asked.body);
  made->importance = std::move(asked.importance);
  made->ack_required = asked.ack_required;

  sent reply;
  reply.message_id = made->id;
  reply.to = domain::agents_of(made->recipients, domain::recipient_kind::to);
  const auto known = deps_.agents.load();
  std::copy_if(reply.to.begin(), reply.to.end(), std::back_inserter(reply.unknown_recipients),
               [&](const std::string& agent) { return known->find(agent) == nullptr; });

  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_message{std::move(made), named});
  auto context = std::make_unique<send_context>(address(), op_ptr{&what}, std::move(reply));
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(*taken)))
    what.fail({errc::shutting_down, "The store is closing. Repeat the request later.", {}});
}

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
    what.fail({errc::shutting_down, "The store is closing. Repeat the request later.", {}});
}

} // namespace intermute::actors
