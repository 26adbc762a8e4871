#pragma once

#include "actors/runtime/executor.hpp"
#include "actors/runtime/io_shards.hpp"

namespace intermute::actors {

/// Runs actors on the io threads: on the caller's own shard, else on the next in turn.
class io_executor final : public executor {
public:
  /// Both outlive the executor.
  io_executor(io_shards& shards, const base::clock& clock) : shards_(shards), clock_(clock) {}

  void post(job what) override;
  void post_at(base::steady_time when, job what) override;
  [[nodiscard]] base::steady_time now() const override { return clock_.steady(); }
  bool run_until(const std::function<bool()>& done) override;

private:
  io_shards& shards_;
  const base::clock& clock_;
};

} // namespace intermute::actors
