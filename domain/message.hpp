#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::domain {

/// A position in the one log of the server: strictly growing, never reused. 0 is before all.
using cursor = std::uint64_t;

/// How a recipient was addressed. The first kind wins when an agent is named twice.
enum class recipient_kind : std::uint8_t { to = 0, cc = 1, bcc = 2 };

/// The wire's word for `kind`: `to`, `cc` or `bcc`.
[[nodiscard]] std::string_view to_string(recipient_kind kind) noexcept;

/// One addressee of a message.
struct recipient {
  std::string agent; ///< Agent id; need not be registered.
  recipient_kind kind = recipient_kind::to;

  friend bool operator==(const recipient&, const recipient&) = default;
};

/// A text made from its owner at the first call and shared by all who ask later.
///
/// It belongs to one object: a copy of the object begins without the text. Safe from any thread;
/// two first callers may both make it, one of the two is kept.
class lazy_text {
public:
  lazy_text() = default;
  lazy_text(const lazy_text&) noexcept {}
  lazy_text& operator=(const lazy_text&) noexcept {
    delete text_.exchange(nullptr);
    return *this;
  }
  ~lazy_text() { delete text_.load(); }

  /// The text; made by `make()` if it is not there yet. The reference lives as long as this.
  template <class Make>
  const std::string& get(Make make) const {
    if (const auto* known = text_.load(std::memory_order_acquire))
      return *known;
    auto made = std::make_unique<const std::string>(make());
    const std::string* none = nullptr;
    if (text_.compare_exchange_strong(none, made.get(), std::memory_order_acq_rel))
      return *made.release();
    return *none;
  }

private:
  mutable std::atomic<const std::string*> text_{nullptr};
};

/// A message as it is stored; shared by every inbox that holds it, so never changed in place.
struct message {
  std::string project;
  std::string id;
  std::string thread_id;
  std::string from;
  std::vector<recipient> recipients; ///< Each agent once, in the order named: to, cc, bcc.
  std::string subject;
  std::string topic; ///< Trimmed and lower case.
  std::string body;
  std::string importance;
  bool ack_required = false;
  base::wall_time created_at{};
  lazy_text rendered; ///< For whoever shows it: its wire form without what differs per reader.
};

using message_ptr = std::shared_ptr<const message>;

/// Every agent once, first kind wins: `to`, then `cc`, then `bcc`, in the order given.
/// Linear in the number of names.
[[nodiscard]] std::vector<recipient> recipients_of(const std::vector<std::string>& to,
                                                   const std::vector<std::string>& cc,
                                                   const std::vector<std::string>& bcc);

/// The agents addressed as `kind`, in order.
[[nodiscard]] std::vector<std::string> agents_of(const std::vector<recipient>& recipients,
                                                 recipient_kind kind);

/// The form a topic is stored and looked up in: trimmed, A to Z in lower case.
[[nodiscard]] std::string normal_topic(std::string_view topic);

/// What posting an id that is already stored comes to (decision 5).
struct repost {
  enum class verdict : std::uint8_t {
    taken,     ///< Another sender owns the id; nothing may change.
    identical, ///< Nothing changes.
    changed,   ///< `merged` replaces the stored message.
  };
  verdict what = verdict::taken;
  message merged;               ///< Content of the new post; thread, time, recipients kept.
  std::vector<recipient> added; ///< Recipients that are new; they get an entry of their own.
};

/// Judges a post of `wanted` whose id is stored as `stored`.
///
/// The same sender replaces subject, body, topic, importance and ack_required; thread, creation
/// time and stored recipients (with their kinds) stay; new recipients are appended.
[[nodiscard]] repost judge_repost(const message& stored, const message& wanted);

} // namespace intermute::domain
