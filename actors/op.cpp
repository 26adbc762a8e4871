#include "actors/op.hpp"

#include <array>

namespace intermute::actors {
namespace {

constexpr std::array<std::string_view, op_kind_count> names{
  "register_agent",     "list_agents", "get_agent",       "heartbeat",         "send_message",
  "mark_message",       "read_inbox",  "count_inbox",     "subscribe",         "patch_metadata",
  "get_policy",         "set_policy",  "list_contacts",   "set_contact",       "retire_agent",
  "list_projects",      "broadcast",   "list_stale_acks", "list_threads",      "read_thread",
  "read_topic",         "get_message", "reserve",         "list_reservations", "check_reservation",
  "release_reservation"};

} // namespace

std::string_view to_string(op_kind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }

void intrusive_ptr_release(op* one) {
  if (one->references_.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  if (one->answered_.load(std::memory_order_acquire)) {
    delete one;
    return;
  }
  // Nobody answered and nobody can any more: it answers itself and lives until that is handed out.
  if (one->is_logged())
    one->fail({base::errc::outcome_unknown,
               "The request was being stored when its actor restarted. Read the state back "
               "before you repeat it.",
               {}});
  else
    one->fail({base::errc::actor_restarting,
               "The actor restarted before it came to this request. Nothing of it was done; "
               "repeat it.",
               {}});
}

} // namespace intermute::actors
