#pragma once

#include "actors/cell.hpp"

#include <caf/detail/scope_guard.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/sec.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace intermute::actors {

/// Gives an actor a bounded mailbox; every sender is counted, whoever it is.
///
/// An op brings the place it took at admission and gives it back when answered. Every other
/// ordinary message takes a place here and gives it back when it was handled; when there is none,
/// a request is answered with an error and a plain message is dropped and counted as refused.
/// System messages, responses and high-priority notes pass: their number is bounded elsewhere.
template <class Base>
class bounded : public Base {
public:
  /// @param address  The cell this actor lives in.
  template <class... Args>
  bounded(caf::actor_config& config, cell_ptr address, Args&&... args)
    : Base(config, std::forward<Args>(args)...), address_(std::move(address)) {}

  using Base::enqueue;

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (counted(*what) && !address_->gauge()->try_take(0, urgency::normal)) {
      if (what->mid.is_request() && what->sender)
        what->sender->enqueue(
          nullptr, what->mid.response_id(),
          caf::make_message(caf::make_error(caf::sec::runtime_error, "mailbox_full")), host);
      return;
    }
    Base::enqueue(std::move(what), host);
  }

protected:
  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    bool release = counted(what);
    const auto give_back = caf::detail::make_scope_guard([&] {
      if (release)
        address_->gauge()->give_back(0);
    });
    const auto result = Base::consume(what);
    if (result == caf::invoke_message_result::skipped)
      release = false; // It stays in the mailbox and keeps its place.
    return result;
  }

  [[nodiscard]] const cell_ptr& address() const noexcept { return address_; }

private:
  static bool counted(const caf::mailbox_element& what) {
    if (what.mid.is_response() || what.mid.category() != caf::message_id::normal_message_category)
      return false;
    const auto& content = what.content();
    if (content.size() != 1)
      return true;
    return !(content.template match_element<op_ptr>(0)
             || content.template match_element<caf::exit_msg>(0)
             || content.template match_element<caf::down_msg>(0)
             || content.template match_element<caf::timeout_msg>(0)
             || content.template match_element<caf::error>(0));
  }

  cell_ptr address_;
};

} // namespace intermute::actors
