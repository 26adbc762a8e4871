#pragma once

#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"
#include "domain/rate_windows.hpp"

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

namespace intermute::actors {

/// The actor of one project: judges what changes its messages and logs it.
///
/// It keeps nothing that could disagree with the disk: whether a client's message id is new, and
/// whether a mark is the first, are conditions that the writer tests inside the transaction. What
/// memory cannot tell of contact policies is looked up while the request is parked; what the same
/// sender asks meanwhile waits behind it, so that its order is kept.
class project final : public bounded<project_actor::base> {
public:
  project(caf::actor_config& config, cell_ptr address, const services& deps);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "project"; }

private:
  /// Who of the recipients may be reached; nothing while the store is asked.
  using allowance = const contact_verdicts*;

  void handle(op_ptr what);
  /// Hands the request to its handler, unless its sender has one parked.
  void serve(op& what);
  void judged(const contacts_judged& note);
  /// Serves what `of` asked while a request of its was parked.
  void go_on(const std::string& of);

  void send(op_of<send_message>& what, allowance found);
  void send_to(op_of<send_message>& what, sent told, std::vector<domain::recipient> recipients);
  void broadcast_one(op_of<broadcast>& what);
  void broadcast_to(op_of<broadcast>& what, const contact_verdicts& found);
  void mark(op_of<mark_message>& what);

  /// Has a reader find out who may be written to; the answer comes as a note.
  using judge_contacts_job = std::function<base::result<contact_verdicts>(storage::reader&)>;
  void park(op& what, const std::string& of, judge_contacts_job judge);

  const services& deps_;
  storage::epoch epoch_;
  domain::rate_windows broadcasts_;
  /// Senders whose request is looked up, with what they asked since. Bounded by the mailbox.
  std::unordered_map<std::string, std::deque<op_ptr>> parked_;
};

} // namespace intermute::actors
