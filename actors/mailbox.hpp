#pragma once

#include "base/result.hpp"
#include "config/mailboxes_config.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace intermute::actors {

using config::mailbox_class;

/// The wire's and the config's word for `which`.
[[nodiscard]] constexpr std::string_view to_string(mailbox_class which) noexcept {
  return config::mailbox_classes[static_cast<std::size_t>(which)].name;
}

/// What all mailboxes of one class share: the limit, and the sums that operators read.
/// Safe from any thread; the limit takes effect on the next send.
struct mailbox_class_state {
  mailbox_class which = mailbox_class::project;
  std::atomic<std::uint32_t> capacity{1024}; ///< Places of one mailbox; at least 1.
  std::atomic<std::int64_t> depth{0};        ///< Places taken now, over all instances.
  std::atomic<std::uint32_t> high_water{0};  ///< The deepest any one instance has been.
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
};

/// The limits and sums of every class; one per server.
class mailbox_classes {
public:
  /// Limits as configured.
  explicit mailbox_classes(const config::mailboxes_config& limits);
  [[nodiscard]] mailbox_class_state& of(mailbox_class which) noexcept {
    return states_[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] const mailbox_class_state& of(mailbox_class which) const noexcept {
    return states_[static_cast<std::size_t>(which)];
  }

private:
  std::array<mailbox_class_state, config::mailbox_classes.size()> states_;
};

/// Who sends: a hash of the acting agent, else of the connection. 0 is the server itself.
using source_id = std::uint64_t;

/// What kind of work asks for a place.
enum class urgency : std::uint8_t {
  normal,
  draining, ///< Ack, heartbeat, renew, release: may use the reserve, as it makes room.
};

/// Counts the places of one bounded mailbox.
///
/// A place is taken at admission and given back when the work is answered, so the depth is what
/// waits plus what is not yet committed. Above half full no source may hold more than a quarter
/// of the places (a plain counter lets one producer take them all), and the last tenth is kept
/// for work that drains. Safe from any thread; a few atomic operations per call.
class mailbox_gauge {
public:
  explicit mailbox_gauge(mailbox_class_state& shared) : shared_(shared) {}

  /// @returns False when there is no place for `source`; nothing is then taken.
  [[nodiscard]] bool try_take(source_id source, urgency kind) noexcept;

  /// Takes a place whatever the depth is; for work the server owes itself.
  void take(source_id source) noexcept;

  /// Gives one place of `source` back.
  void give_back(source_id source) noexcept;

  [[nodiscard]] std::uint32_t depth() const noexcept {
    return depth_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] mailbox_class_state& shared() const noexcept { return shared_; }

private:
  // A count-min sketch of the places per source (Cormode, Muthukrishnan 2005): two rows, so that
  // a quiet source is mistaken for a noisy one in about 1 of 1,000 pairs, in 128 bytes.
  static constexpr std::size_t cells = 32;
  struct slots {
    std::size_t first;
    std::size_t second;
  };
  [[nodiscard]] static slots slots_of(source_id source) noexcept;
  [[nodiscard]] std::uint32_t held_by(const slots& at) const noexcept;
  void note(std::uint32_t depth) noexcept;

  mailbox_class_state& shared_;
  std::atomic<std::uint32_t> depth_{0};
  std::array<std::atomic<std::uint16_t>, cells> first_{};
  std::array<std::atomic<std::uint16_t>, cells> second_{};
};

/// A place in a mailbox, given back when it dies. Movable, so that it travels with the work.
class place {
public:
  place() = default;
  /// Adopts a place that was taken from `gauge`.
  place(std::shared_ptr<mailbox_gauge> gauge, source_id source) noexcept
    : gauge_(std::move(gauge)), source_(source) {}
  place(place&& other) noexcept : gauge_(std::move(other.gauge_)), source_(other.source_) {
    other.gauge_.reset();
  }
  place& operator=(place&& other) noexcept {
    if (this != &other) {
      release();
      gauge_ = std::move(other.gauge_);
      other.gauge_.reset();
      source_ = other.source_;
    }
    return *this;
  }
  ~place() { release(); }

  [[nodiscard]] explicit operator bool() const noexcept { return gauge_ != nullptr; }

  /// Gives it back now. Idempotent.
  void release() noexcept {
    if (gauge_ != nullptr) {
      gauge_->give_back(source_);
      gauge_.reset();
    }
  }

  /// Takes a place of `gauge` for `source`, or says which mailbox is full.
  [[nodiscard]] static base::result<place> take(const std::shared_ptr<mailbox_gauge>& gauge,
                                                source_id source, urgency kind);

private:
  std::shared_ptr<mailbox_gauge> gauge_;
  source_id source_ = 0;
};

} // namespace intermute::actors
