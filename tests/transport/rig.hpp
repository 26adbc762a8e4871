#pragma once

#include "actors/agent_snapshot.hpp"
#include "actors/requests.hpp"
#include "actors/runtime/io_shards.hpp"
#include "actors/subscription.hpp"
#include "base/sha256.hpp"
#include "transport/server.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// A transport server on a free port, in front of actors that are played by the test.
namespace intermute::tests {

/// Stands for the actors. By default every op waits in `held()`.
class played_front final : public actors::front {
public:
  /// Called on the io thread for each op; true when it has dealt with it.
  std::function<bool(actors::op& what)> on_submit = [](actors::op&) { return false; };
  std::string why_degraded;

  void submit(actors::op_ptr what) override {
    if (on_submit(*what))
      return;
    const std::lock_guard guard{mutex_};
    held_.push_back(std::move(what));
  }
  void resume(actors::socket_id socket) override {
    const std::lock_guard guard{mutex_};
    resumed_.push_back(socket);
  }
  void unsubscribe(actors::socket_id socket) override {
    const std::lock_guard guard{mutex_};
    gone_.insert(socket);
  }
  [[nodiscard]] std::string degraded() const override { return why_degraded; }
  [[nodiscard]] actors::agent_snapshot_ptr agents() const override { return agents_.load(); }

  /// Registers an agent, or gives it another token, or takes it out of service.
  void put_agent(const std::string& id, const std::string& project, std::string_view token,
                 bool retired = false) {
    domain::agent record;
    record.id = id;
    record.project = project;
    record.token_hash = base::sha256(token);
    if (retired)
      record.retired_at = base::wall_time{};
    agents_.store(agents_.load()->with({{std::make_shared<const domain::agent>(std::move(record)),
                                         std::make_shared<actors::agent_presence>()}}));
  }

  /// Takes what waits.
  std::vector<actors::op_ptr> take_held() {
    const std::lock_guard guard{mutex_};
    return std::exchange(held_, {});
  }
  [[nodiscard]] std::size_t held() {
    const std::lock_guard guard{mutex_};
    return held_.size();
  }
  [[nodiscard]] std::size_t resumed() {
    const std::lock_guard guard{mutex_};
    return resumed_.size();
  }
  [[nodiscard]] bool is_gone(actors::socket_id socket) {
    const std::lock_guard guard{mutex_};
    return gone_.contains(socket);
  }

private:
  actors::agent_snapshot_slot agents_;
  std::mutex mutex_;
  std::vector<actors::op_ptr> held_;
  std::vector<actors::socket_id> resumed_;
  std::set<actors::socket_id> gone_;
};

/// Waits, with a ceiling for slow machines, until `true_now` holds.
template <class Predicate>
bool eventually(Predicate true_now) {
  for (int i = 0; i < 10'000; ++i) {
    if (true_now())
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

class rig {
public:
  config::server_config http;
  config::websocket_config websocket;
  transport::access_rules rules;
  played_front front;
  observe::registry registry;
  std::uint16_t port = 0;

  rig() { http.port = 0; }
  ~rig() { stop(std::chrono::seconds{5}); }
  rig(const rig&) = delete;
  rig& operator=(const rig&) = delete;

  void start(std::size_t shards = 1) {
    io_.emplace(shards);
    server_.emplace(http, websocket,
                    transport::server::deps{front, *io_, registry, observe::silent_logger(),
                                            base::system_clock(), base::system_entropy(), "1.2.3"});
    server_->set_rules(rules);
    io_->start();
    const auto bound = server_->listen();
    REQUIRE(bound);
    port = *bound;
  }

  /// @returns True if nothing had to be cut.
  bool stop(std::chrono::milliseconds patience) {
    if (!server_)
      return true;
    const bool clean = server_->stop(base::system_clock().steady() + patience);
    front.take_held().clear(); // Ops end before what they answer to.
    io_->stop();
    server_.reset();
    io_.reset();
    return clean;
  }

  [[nodiscard]] transport::server& server() { return *server_; }

  /// The value of a metric in the text of /metrics.
  [[nodiscard]] double metric(const std::string& name) const {
    const auto text = registry.text();
    const auto at = text.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size() + 2));
  }

private:
  std::optional<actors::io_shards> io_;
  std::optional<transport::server> server_;
};

} // namespace intermute::tests
