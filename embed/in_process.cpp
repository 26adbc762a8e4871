#include "embed/in_process.hpp"

#include "transport/http/problem.hpp"

namespace intermute::embed {

using base::errc;

failure failure_of(const base::error& why) {
  auto detail = why.detail;
  if (detail.empty())
    detail = transport::http::problem_row_of(why.code).detail;
  return {std::string{to_string(why.code)}, std::move(detail)};
}

void door::submit(actors::op_ptr what) {
  {
    const std::shared_lock guard{mutex_};
    if (to_ != nullptr)
      return to_->submit(std::move(what));
  }
  what->fail({errc::shutting_down, {}, {}});
}

void door::resume(actors::socket_id socket) {
  const std::shared_lock guard{mutex_};
  if (to_ != nullptr)
    to_->resume(socket);
}

void door::unsubscribe(actors::socket_id socket) {
  const std::shared_lock guard{mutex_};
  if (to_ != nullptr)
    to_->unsubscribe(socket);
}

std::string door::degraded() const {
  const std::shared_lock guard{mutex_};
  return to_ != nullptr ? to_->degraded() : std::string{to_string(errc::shutting_down)};
}

bool door::is_open() const {
  const std::shared_lock guard{mutex_};
  return to_ != nullptr;
}

void door::close() {
  const std::lock_guard guard{mutex_};
  to_ = nullptr;
}

void local_replies::deliver(std::vector<actors::op_ptr> answered) {
  for (const auto& one : answered)
    one->answered();
  const std::lock_guard guard{mutex_};
  under_way_ -= answered.size();
  if (under_way_ == 0)
    none_.notify_all();
}

void local_replies::count_asked() {
  const std::lock_guard guard{mutex_};
  ++under_way_;
}

bool local_replies::wait_for_none(base::steady_time until) {
  std::unique_lock guard{mutex_};
  return none_.wait_until(guard, until, [this] { return under_way_ == 0; });
}

actors::source_id asker::source_of(std::string_view agent) noexcept {
  if (agent.empty())
    return first_local_socket;
  return std::hash<std::string_view>{}(agent) | 1U;
}

} // namespace intermute::embed
