#include "actors/inbox.hpp"

#include "actors/cold_reads.hpp"
#include "actors/guarded.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;
using domain::inbox_entry;

constexpr std::chrono::milliseconds load_pause{100};

/// About what an entry costs in memory; the message is counted once per inbox that holds it.
std::int64_t bytes_of(const inbox_entry& entry) {
  const auto& message = *entry.message;
  return static_cast<std::int64_t>(sizeof(inbox_entry) + sizeof(domain::message)
                                   + 2 * (message.body.size() + message.subject.size())
                                   + 64 * message.recipients.size());
}

auto position_above(const std::deque<inbox_entry>& tail, cursor at) {
  return std::upper_bound(tail.begin(), tail.end(), at,
                          [](cursor wanted, const inbox_entry& one) { return wanted < one.at; });
}

} // namespace

inbox::inbox(caf::actor_config& config, cell_ptr address, const services& deps, std::string project,
             std::string agent)
  : bounded(config, std::move(address)), deps_(deps), project_(std::move(project)),
    agent_(std::move(agent)) {}

inbox::~inbox() { deps_.tails.used -= bytes_; }

inbox::behavior_type inbox::make_behavior() {
  load();
  return {
    [this](op_ptr& what) {
      guarded(*this, deps_.say, address()->name(), what.get(), [&] { handle(std::move(what)); });
    },
    [this](inbox_update_ptr& update) {
      guarded(*this, deps_.say, address()->name(), nullptr, [&] {
        if (loading_)
          missed_.push_back(std::move(update));
        else
          apply(*update);
      });
    },
    [this](inbox_reload) {
      address()->taken_up();
      load();
    },
    [this](const inbox_loaded& note) {
      guarded(*this, deps_.say, address()->name(), nullptr, [&] { loaded(note); });
    },
    [this](retry_note) { load(); },
    [this](passivate_note) {
      if (!loading_ && address()->passivate())
        quit();
    },
  };
}

void inbox::load() {
  loading_ = true;
  const auto number = ++load_;
  auto job = [to = address(), number, project = project_, agent = agent_,
              most = deps_.limits.inbox_tail_max](storage::reader& from) {
    using found = base::result<storage::inbox_snapshot>;
    to->notify(caf::make_message(
      inbox_loaded{number, std::make_shared<const found>(from.load_inbox(project, agent, most))}));
  };
  if (!deps_.readers.submit(std::move(job)))
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
}

void inbox::loaded(const inbox_loaded& note) {
  if (note.load != load_)
    return; // A later load is under way.
  const auto& found = *note.found;
  if (!found) {
    // Those who wait are told; whoever comes next finds a new load under way.
    for (auto& one : std::exchange(waiting_, {}))
      one->fail(found.why());
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
    return;
  }
  deps_.tails.used -= std::exchange(bytes_, 0);
  tail_.clear();
  high_water_ = found->high_water;
  counts_ = found->counts;
  floor_ = found->complete || found->tail.empty() ? 0 : found->tail.front().at - 1;
  if (!found->complete && found->tail.empty())
    floor_ = high_water_;
  for (const auto& entry : found->tail)
    append(entry);
  loading_ = false;
  for (auto& update : std::exchange(missed_, {}))
    apply(*update);
  trim();
  for (auto& one : std::exchange(waiting_, {}))
    serve(*one);
}

void inbox::handle(op_ptr what) {
  if (what->expired(deps_.clock.steady()))
    what->fail({errc::deadline_exceeded,
                "The request waited longer than its deadline. Nothing of it was done.", "inbox"});
  else if (loading_)
    waiting_.push_back(std::move(what));
  else
    serve(*what);
}

void inbox::serve(op& what) {
  match(
    what, [this](op_of<read_inbox>& one) { read(one); },
    [this](op_of<count_inbox>& one) { one.answer(counts_); });
}

void inbox::read(op_of<read_inbox>& what) {
  inbox_page found;
  if (page(what.request.query, found))
    what.answer(std::move(found));
  else
    cold_reads{deps_.readers, deps_.clock}.answer(what);
}

bool inbox::page(const domain::inbox_query& wanted, inbox_page& into) const {
  const auto take = [&](const inbox_entry& one) {
    if (!wanted.unread_only || !one.read_at)
      into.entries.push_back(one);
    return into.entries.size() < wanted.limit;
  };
  if (!wanted.descending) {
    if (wanted.since < floor_)
      return false;
    auto at = position_above(tail_, wanted.since);
    into.entries.reserve(
      std::min<std::size_t>(wanted.limit, static_cast<std::size_t>(tail_.end() - at)));
    while (at != tail_.end() && take(*at)) // Ends: one entry per round.
      ++at;
    return true;
  }
  auto at = wanted.since == 0 ? tail_.end() : position_above(tail_, wanted.since - 1);
  while (at != tail_.begin()) // Ends: one entry per round.
    if (!take(*--at))
      return true;
  return floor_ == 0; // The tail ran out before the page was full: is there more below?
}

void inbox::apply(inbox_update& update) {
  for (auto& change : update.changes)
    std::visit([this](auto& one) { apply(one); }, change);
  update.held.release();
  trim();
}

void inbox::apply(inbox_entry entry) {
  if (entry.at <= high_water_)
    return; // The snapshot had it.
  high_water_ = entry.at;
  ++counts_.total;
  ++counts_.unread;
  append(std::move(entry));
}

void inbox::apply(const inbox_update::marked& mark) {
  if (mark.at <= high_water_)
    return; // The snapshot had it.
  high_water_ = mark.at;
  if (mark.mark == domain::mark_kind::read)
    --counts_.unread;
  auto at = std::lower_bound(tail_.begin(), tail_.end(), mark.entry,
                             [](const inbox_entry& one, cursor wanted) { return one.at < wanted; });
  if (at == tail_.end() || at->at != mark.entry)
    return;
  (mark.mark == domain::mark_kind::read ? at->read_at : at->ack_at) = mark.when;
}

void inbox::apply(const domain::message_ptr& replaced) {
  for (auto& one : tail_)
    if (one.message->id == replaced->id) {
      const auto before = bytes_of(one);
      one.message = replaced;
      bytes_ += bytes_of(one) - before;
      deps_.tails.used += bytes_of(one) - before;
    }
}

void inbox::append(inbox_entry entry) {
  const auto size = bytes_of(entry);
  bytes_ += size;
  deps_.tails.used += size;
  tail_.push_back(std::move(entry));
}

void inbox::trim() {
  // Over the common budget every inbox gives up older entries, but keeps a first page.
  constexpr std::size_t kept_min = 20;
  while (tail_.size() > deps_.limits.inbox_tail_max
         || (deps_.tails.used > deps_.tails.limit && tail_.size() > kept_min)) { // Ends: shrinks.
    const auto size = bytes_of(tail_.front());
    bytes_ -= size;
    deps_.tails.used -= size;
    floor_ = tail_.front().at;
    tail_.pop_front();
  }
}

} // namespace intermute::actors
