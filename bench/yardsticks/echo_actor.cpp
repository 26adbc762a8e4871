#include "bench/yardsticks/echo_actor.hpp"

#include "actors/bounded.hpp"
#include "base/clock.hpp"
#include "config/actors_config.hpp"
#include "config/mailboxes_config.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_registry.hpp>
#include <caf/exit_reason.hpp>
#include <caf/logger.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <iterator>
#include <utility>

namespace intermute::bench::yardsticks {

namespace asio = boost::asio;

namespace {

using echo_actor = caf::typed_actor<caf::reacts_to<actors::op_ptr>>;

class echoing final : public actors::bounded<echo_actor::base> {
public:
  echoing(caf::actor_config& config, actors::cell_ptr address)
    : bounded{config, std::move(address)} {}

  behavior_type make_behavior() override {
    return {[this](actors::op_ptr& what) {
      actors::match(*what, [this](actors::op_of<echo>& one) { one.answer({++answered_}); });
    }};
  }

private:
  std::uint64_t answered_ = 0;
};

} // namespace

echo_home::echo_home(actors::io_shards& io)
  : runs_{io, base::system_clock()}, config_{&runs_, config::actors_config{}.max_throughput} {
  limits_.capacity = config::mailboxes_config{}.capacity(config::mailbox_class::project);
  system_.emplace(config_);
  const auto spawn = [this](const actors::cell_ptr& of) {
    const auto born = system_->spawn<echoing>(of);
    // CAF leaves a reference to its logger in the thread that spawned, and waits for it at the end.
    caf::logger::set_current_actor_system(nullptr);
    return caf::actor_cast<caf::strong_actor_ptr>(born);
  };
  address_ = std::make_shared<actors::cell>(
    "echo", limits_, spawn, static_cast<actors::watcher&>(*this), base::system_clock());
  address_->ensure_started();
}

void echo_home::stop() {
  if (!system_)
    return;
  if (auto actor = address_->close(); actor != nullptr)
    caf::anon_send_exit(caf::actor_cast<caf::actor>(std::exchange(actor, nullptr)),
                        caf::exit_reason::user_shutdown);
  runs_.run_until([this] { return system_->registry().running() == 0; });
  system_.reset();
}

void answer_sink::deliver(std::vector<actors::op_ptr> answered) {
  if (io_.current() == index_) {
    for (auto& one : answered)
      one->answered();
    return;
  }
  bool wake = false;
  {
    const std::lock_guard guard{mutex_};
    wake = delivered_.empty();
    std::move(answered.begin(), answered.end(), std::back_inserter(delivered_));
  }
  if (wake)
    asio::post(io_.context(index_), [this] { take_delivered(); });
}

void answer_sink::take_delivered() {
  std::vector<actors::op_ptr> answered;
  {
    const std::lock_guard guard{mutex_};
    answered.swap(delivered_);
  }
  for (auto& one : answered)
    one->answered();
}

} // namespace intermute::bench::yardsticks
