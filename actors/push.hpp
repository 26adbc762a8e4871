#pragma once

#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"
#include "actors/subscriptions.hpp"

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace intermute::actors {

/// The actor that hands committed events to sockets, in cursor order.
///
/// A socket that is behind (it resumes by cursor, or events were left out of the feed) is served
/// pages of the log, one at a time and only as fast as it takes them, and then joins the live
/// stream without a gap: the newest events are kept here for that moment.
class push final : public bounded<push_actor::base> {
public:
  push(caf::actor_config& config, cell_ptr address, const services& deps,
       subscription_table& subscriptions);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "push"; }

private:
  using batch = std::unordered_map<frame_sink*, std::vector<frame>>;

  void add(op_of<subscribe>& what);
  void drain();
  void spread(const event_ptr& what, batch& into);
  void all_behind();
  void read_page(subscription& one);
  void page_read(const events_read& note);
  [[nodiscard]] bool join_live(subscription& one, std::vector<frame>& into);
  [[nodiscard]] frame render(const subscription& to, const domain::event& what) const;
  void retry_later();

  const services& deps_;
  subscription_table& subscriptions_;
  std::deque<event_ptr> recent_; ///< The newest events handed out, ascending.
  domain::cursor seen_;          ///< The last cursor taken from the feed.
  bool retry_armed_ = false;
};

} // namespace intermute::actors
