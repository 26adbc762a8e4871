#pragma once

#include "actors/system.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/stepped_executor.hpp"

#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace intermute::test {

/// One operation of a simulated client and what became of it.
struct asked {
  std::size_t number = 0;
  actors::op_kind kind{};
  std::optional<base::error> failure;
  int answers = 0;
  std::uint64_t answered_at = 0; ///< Step of the answer.

  // What was asked, as far as the checks need it:
  std::string project;
  std::string agent;
  std::string session;
  domain::message sent;
  domain::cursor since = 0;
  bool spanning = false; ///< All projects were asked for.

  // What was answered:
  std::optional<actors::sent> stored;
  std::optional<actors::registered> registered;
  std::vector<domain::inbox_entry> page;
  std::optional<domain::inbox_counts> counts;
  std::vector<std::size_t> acked_before; ///< Sends that were answered when this one was asked.

  // Of reservations, agents and repeats:
  std::optional<actors::reserved> reserved;
  std::vector<std::string> shown; ///< Ids that a list or a check showed.
  std::string named;              ///< The reservation to release, the key that was patched.
  std::string scope;              ///< Of a request with an Idempotency-Key.
  std::string kept;               ///< What its answer amounts to; equal for all repeats.
};

/// A socket of a simulated client.
struct listener {
  actors::socket_id id = 0;
  std::string project;
  std::string agent;
  domain::cursor since = 0;
  bool subscribed = false;
  std::vector<domain::cursor> heard;
};

/// A whole server on a stepped executor, an in-memory store with faults, and clients that do at
/// random what a fleet does. Every choice is drawn from one seed, so a seed is a history.
/// Breaking a promise throws `broken_promise`.
class world final : public actors::reply_sink, public actors::frame_sink {
public:
  explicit world(std::uint64_t seed);
  ~world() override;

  /// Does `steps` random things, then lets everything come to rest and checks the whole.
  void run(int steps);

  void deliver(std::vector<actors::op_ptr> answered) override;
  void deliver(std::vector<actors::frame> frames) override;

  /// Called by an op of ours when it is answered.
  void note_answer(asked& one);

  struct broken_promise : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

private:
  void start();
  void end(bool process_dies);
  void step();
  void ask_something();
  void crash_an_actor();
  void settle();
  void hand_out();

  void register_somebody();
  void send_something();
  void mark_something();
  void read_somewhere(bool count);
  void listen_somewhere();

  // Reservations, agents, threads, repeats: world_reservations.cpp
  void reserve_something();
  void release_something();
  void look_at_reservations();
  void change_an_agent();
  void broadcast_something();
  void read_a_thread();
  void send_again();
  void check_reservation_answer(const asked& one);
  void check_reservations() const;
  void check_reservation_events() const;
  void check_patches() const;
  void check_repeats() const;
  template <class Request>
  /// @param scope  Not empty: the request has an Idempotency-Key of this scope.
  asked& ask(Request what, const std::string& scope = {});

  void check_page(const asked& one) const;
  void check_end() const;
  void check_sends() const;
  void check_sessions() const;
  void check_listeners() const;
  void check_inboxes();
  [[nodiscard]] std::string pick(const std::vector<std::string>& from);
  [[nodiscard]] bool chance(unsigned percent) { return random_() % 100 < percent; }

  std::mt19937_64 random_;
  stepped_clock clock_;
  seeded_entropy entropy_;
  stepped_executor executor_;
  config::settings settings_;
  memory_store store_;
  unsigned fault_percent_ = 0;
  std::unique_ptr<observe::registry> metrics_;
  std::unique_ptr<actors::system> system_;

  std::uint64_t steps_ = 0;
  std::vector<std::unique_ptr<asked>> asked_;
  std::vector<std::size_t> acked_sends_;
  std::vector<actors::op_ptr> to_hand_out_;
  std::vector<listener> listeners_;
  std::vector<listener> lost_listeners_; ///< Of processes that died.
  domain::cursor last_seen_ = 0;         ///< Highest cursor any client was told.
  std::size_t next_id_ = 0;
  std::vector<std::string> granted_; ///< Reservations that were acknowledged.
  std::vector<std::string> patched_; ///< Agents that were registered without a session.
};

} // namespace intermute::test
