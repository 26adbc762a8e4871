#include "actors/runtime/io_executor.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <thread>
#include <utility>

namespace intermute::actors {

void io_executor::post(job what) { boost::asio::post(shards_.nearest(), std::move(what)); }

void io_executor::post_at(base::steady_time when, job what) {
  auto timer = std::make_shared<boost::asio::steady_timer>(shards_.nearest(), when);
  timer->async_wait([timer, what = std::move(what)](const boost::system::error_code& stopped) {
    if (!stopped)
      what();
  });
}

bool io_executor::run_until(const std::function<bool()>& done) {
  constexpr std::chrono::seconds patience{10};
  constexpr std::chrono::milliseconds pause{1};
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!done()) { // Ends: with `done` or with our patience.
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

} // namespace intermute::actors
