#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace intermute::actors {

/// What a request with an Idempotency-Key (decision 6) brings along.
struct idempotency {
  std::string scope; ///< 32 bytes that stand for project, identity, route and key.
  std::string body;  ///< SHA-256 of the body.
  /// 32 bytes that open the kept reply. Made from the key as the client sent it and never stored,
  /// so the file alone tells nobody what was answered (a registration's token, for one).
  std::string secret;
};

/// The requests with an Idempotency-Key that are under way. Safe from any thread.
class in_flight {
public:
  /// Gives the scope free when it dies. The table outlives it.
  class ticket {
  public:
    ticket() = default;
    ticket(ticket&& other) noexcept;
    ticket& operator=(ticket&& other) noexcept;
    ~ticket() { release(); }

    /// Gives it free now. Idempotent.
    void release() noexcept;

  private:
    friend class in_flight;
    ticket(in_flight& from, std::string scope) : from_(&from), scope_(std::move(scope)) {}

    in_flight* from_ = nullptr;
    std::string scope_;
  };

  /// Takes the scope of `what`. Fails with `idempotency_in_progress`, or with
  /// `idempotency_key_reused` when the body is another.
  [[nodiscard]] base::result<ticket> begin(const idempotency& what);

  [[nodiscard]] std::size_t size() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> bodies_; ///< By scope.
};

} // namespace intermute::actors
