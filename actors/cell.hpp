#pragma once

#include "actors/op.hpp"
#include "base/clock.hpp"
#include "domain/restart_policy.hpp"
#include "storage/writer.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/detail/type_list.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/replies_to.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace intermute::actors {

class cell;
using cell_ptr = std::shared_ptr<cell>;

/// Told when a cell has given life to an actor, so that somebody monitors it.
class watcher {
public:
  virtual ~watcher() = default;
  virtual void watch(const cell_ptr& of, const caf::strong_actor_ptr& born) = 0;
};

/// What is told to whoever asks a cell to take an op.
enum class delivery : std::uint8_t {
  taken,   ///< It is in the mailbox, or waits for the actor's restart, or was answered.
  evicted, ///< This cell is no longer in the address book: look it up again.
};

/// The lasting address of an actor: its bounded mailbox, whoever lives behind it.
///
/// Actors come and go (passivated when idle, restarted after a crash); the cell, its gauge and its
/// epoch counter stay. An op that comes while nobody is there waits here, in order and under the
/// same bound. Safe from any thread; a short lock per call.
class cell : public std::enable_shared_from_this<cell> {
public:
  /// Spawns the actor of a cell. Called under the cell's lock, on the caller's thread.
  using factory = std::function<caf::strong_actor_ptr(const cell_ptr&)>;

  /// @param name    For logs: the class and what it is for.
  /// @param parent  Outlives the cell.
  cell(std::string name, mailbox_class_state& limits, factory make, watcher& parent,
       const base::clock& clock);

  /// Takes a place for `what` and delivers it; a full mailbox answers it at once.
  delivery submit(op_ptr what);

  /// Sends a note that passes the bound, behind what was sent before, if an actor is there.
  /// The caller sees to it that notes are bounded in number.
  /// @returns False when nobody was there to get it.
  bool notify(caf::message note);

  /// As `notify`, but does nothing while an earlier such note waits to be `taken_up`.
  void notify_once(caf::message note);

  /// The actor got the note of `notify_once`: the next one may come.
  void taken_up() noexcept { once_.store(false); }

  /// Makes an actor if there is none. For actors that work without being asked.
  void ensure_started();

  /// Asked by the idle actor itself: may it end? True: it must quit, nobody sends to it any more.
  [[nodiscard]] bool passivate();

  /// Takes the cell out of use if no actor is there and nothing waits.
  /// @returns True when it is evicted; the address book then forgets it.
  [[nodiscard]] bool evict();

  /// What is to be done about an actor that crashed.
  struct verdict {
    enum class action : std::uint8_t {
      nothing,    ///< It was not the one that lives here (it had just been passivated).
      restart,    ///< Call `restart()` after the pause; what comes meanwhile waits.
      quarantine, ///< It crashes too often: all is refused until `restart()` is called.
    };
    action what = action::nothing;
    std::chrono::milliseconds pause{0};
  };

  /// The actor `dead` crashed.
  [[nodiscard]] verdict crashed(const caf::actor_addr& dead, const domain::restart_limits& limits);

  /// Makes a new actor for those who wait.
  void restart();

  /// Refuses everything from now on and forgets the actor.
  /// @returns The actor, if one was there.
  caf::strong_actor_ptr close();

  /// Starts a new epoch of the owner's state; larger than every earlier one of this cell.
  [[nodiscard]] storage::epoch next_epoch() noexcept { return ++epoch_; }

  [[nodiscard]] storage::owner_id owner() const noexcept { return owner_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::shared_ptr<mailbox_gauge>& gauge() const noexcept { return gauge_; }
  [[nodiscard]] bool live() const;
  [[nodiscard]] caf::strong_actor_ptr actor() const;

  /// When it was last asked for something.
  [[nodiscard]] base::steady_time last_used() const noexcept {
    return base::steady_time{base::steady_time::duration{last_used_.load()}};
  }

private:
  enum class state : std::uint8_t { empty, live, pausing, quarantined, evicted, closed };

  void start();

  const std::string name_;
  const storage::owner_id owner_;
  const std::shared_ptr<mailbox_gauge> gauge_;
  const factory make_;
  watcher& parent_;
  const base::clock& clock_;
  std::atomic<storage::epoch> epoch_{0};
  std::atomic<base::steady_time::rep> last_used_;
  std::atomic<bool> once_{false};

  mutable std::mutex mutex_;
  state state_ = state::empty;
  caf::strong_actor_ptr actor_;
  std::deque<op_ptr> waiting_; ///< While nobody is there; bounded by the gauge.
  domain::restart_record crashes_;
};

/// A cell whose actor has the interface `Handle`: what the code passes around.
template <class Handle>
class bounded_ref {
public:
  bounded_ref() = default;
  explicit bounded_ref(cell_ptr of) : cell_(std::move(of)) {}

  [[nodiscard]] delivery submit(op_ptr what) const { return cell_->submit(std::move(what)); }

  /// Sends a note of the interface; see `cell::notify`.
  template <class Note>
  bool notify(Note what) const {
    static_assert(
      caf::detail::tl_contains<typename Handle::signatures, caf::reacts_to<Note>>::value,
      "the actor has no handler for this note");
    return cell_->notify(caf::make_message(std::move(what)));
  }

  [[nodiscard]] const cell_ptr& of() const noexcept { return cell_; }
  [[nodiscard]] explicit operator bool() const noexcept { return cell_ != nullptr; }

private:
  cell_ptr cell_;
};

} // namespace intermute::actors
