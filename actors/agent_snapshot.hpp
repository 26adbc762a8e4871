#pragma once

#include "domain/agent.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace intermute::actors {

/// What changes about an agent all the time and is therefore not in the immutable record:
/// shared by every version of the record. Nanoseconds of wall time; safe from any thread.
struct agent_presence {
  std::atomic<std::int64_t> last_seen{0};
  std::atomic<domain::focus> focus{domain::focus::unknown};
  std::atomic<std::int64_t> focus_at{0};
};

/// A committed agent.
struct known_agent {
  std::shared_ptr<const domain::agent> record;
  std::shared_ptr<agent_presence> presence;
};

/// Lets strings be looked up by views.
struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// The committed agents as everybody may read them without a message.
///
/// Immutable: the directory swaps in a new one before it answers a change. It is kept in 256
/// parts by id and by token, so that a change copies a few parts and shares the others.
class agent_snapshot {
public:
  /// The agent of this id, or null. Constant time.
  [[nodiscard]] const known_agent* find(std::string_view id) const;

  /// The agent in service whose token has this SHA-256, or null. Constant time.
  [[nodiscard]] const known_agent* find_by_token(std::string_view token_hash) const;

  /// Every agent, in no order.
  [[nodiscard]] std::vector<known_agent> all() const;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// A snapshot with `changed` put in (by id). Copies only the parts they fall into.
  [[nodiscard]] std::shared_ptr<const agent_snapshot>
  with(const std::vector<known_agent>& changed) const;

private:
  static constexpr std::size_t part_count = 256;
  using part = std::unordered_map<std::string, known_agent, text_hash, std::equal_to<>>;
  using token_part = std::unordered_map<std::string, std::string, text_hash, std::equal_to<>>;
  [[nodiscard]] static std::size_t part_of(std::string_view id) noexcept;

  std::array<std::shared_ptr<const part>, part_count> parts_;
  std::array<std::shared_ptr<const token_part>, part_count> tokens_; ///< Hash to agent id.
  std::size_t size_ = 0;
};

using agent_snapshot_ptr = std::shared_ptr<const agent_snapshot>;

/// Where the current snapshot hangs. One writer (the directory), any number of readers.
class agent_snapshot_slot {
public:
  agent_snapshot_slot() : current_(std::make_shared<const agent_snapshot>()) {}
  [[nodiscard]] agent_snapshot_ptr load() const { return current_.load(); }
  void store(agent_snapshot_ptr next) {
    current_.store(std::move(next));
    loaded_.store(true);
  }

  /// False until the stored agents were read for the first time: nobody may look before.
  [[nodiscard]] bool loaded() const noexcept { return loaded_.load(); }

private:
  std::atomic<agent_snapshot_ptr> current_;
  std::atomic<bool> loaded_{false};
};

} // namespace intermute::actors
