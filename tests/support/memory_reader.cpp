#include "tests/support/memory_shared.hpp"

#include <algorithm>

namespace intermute::test::detail {

using base::result;
using base::wall_time;
using storage::cursor;
using storage::inbox_entry;
using storage::placed_message;
using storage::reservation;

namespace {

/// The first `limit` of `all`, and at least one.
template <class T>
std::vector<T> first_of(std::vector<T> all, std::uint32_t limit) {
  if (all.size() > std::max(1U, limit))
    all.erase(all.begin() + std::max(1U, limit), all.end());
  return all;
}

/// Those of `all` that `wanted` is true for, in their order.
template <class T, class Wanted>
std::vector<T> those(std::vector<T> all, const Wanted& wanted) {
  std::erase_if(all, [&](const T& one) { return !wanted(one); });
  return all;
}

class memory_reader final : public storage::reader {
public:
  memory_reader(memory_shared_ptr shared, std::uint64_t life)
    : shared_(std::move(shared)), life_(life) {}

  result<std::vector<domain::agent>> agents() override {
    return read("reader.agents", [&] { return data().agents(); });
  }

  result<std::vector<inbox_entry>> inbox(const storage::inbox_query& wanted) override {
    return read("reader.inbox", [&] { return page(wanted); });
  }

  result<storage::inbox_snapshot> load_inbox(const std::string& project, const std::string& agent,
                                             std::uint32_t tail_max) override {
    return read("reader.load_inbox", [&] {
      storage::inbox_snapshot loaded;
      for (auto& [at, one] : data().entries(project, agent)) {
        ++loaded.counts.total;
        loaded.counts.unread += one.read_at ? 0 : 1;
        loaded.tail.push_back(one);
      }
      loaded.complete = loaded.tail.size() <= tail_max;
      if (!loaded.complete)
        loaded.tail.erase(loaded.tail.begin(), loaded.tail.end() - tail_max);
      loaded.high_water = shared_->state.high_water;
      return loaded;
    });
  }

  result<storage::event_page> events(const storage::event_query& wanted) override {
    return read("reader.events", [&] {
      storage::event_page found;
      found.high_water = shared_->state.high_water;
      const auto limit = std::max<std::size_t>(1, wanted.limit);
      for (auto& [at, one] : data().events(wanted)) {
        found.more = found.events.size() == limit;
        if (found.more)
          break;
        found.events.push_back(one);
      }
      return found;
    });
  }

  result<placed_message> message(const std::string& project, const std::string& id) override {
    return read("reader.message", [&] { return data().message(project, id); });
  }

  result<std::vector<storage::thread_summary>> threads(const std::string& project,
                                                       const std::string& agent, cursor below,
                                                       std::uint32_t limit) override {
    return read("reader.threads", [&] {
      return first_of(those(data().threads(project, agent),
                            [&](const auto& one) { return below == 0 || one.last_cursor < below; }),
                      limit);
    });
  }

  result<std::vector<placed_message>> thread(const std::string& project,
                                             const std::string& thread_id, cursor since,
                                             std::uint32_t limit) override {
    return read("reader.thread", [&] {
      return first_of(
        those(data().thread(project, thread_id), [&](const auto& one) { return one.at > since; }),
        limit);
    });
  }

  result<std::vector<bool>> in_thread(const std::string& project, const std::string& thread_id,
                                      const std::vector<std::string>& agents) override {
    return read("reader.in_thread", [&] {
      std::vector<bool> found;
      for (const auto& agent : agents) {
        const auto known = data().threads(project, agent);
        found.push_back(std::any_of(known.begin(), known.end(),
                                    [&](const auto& one) { return one.thread_id == thread_id; }));
      }
      return found;
    });
  }

  result<std::vector<placed_message>> topic(const std::string& project, const std::string& topic,
                                            cursor since, std::uint32_t limit) override {
    return read("reader.topic", [&] {
      return first_of(
        those(data().topic(project, topic), [&](const auto& one) { return one.at > since; }),
        limit);
    });
  }

  result<std::vector<inbox_entry>> stale_acks(const std::string& project, const std::string& agent,
                                              wall_time created_max, std::uint32_t limit) override {
    return read("reader.stale_acks",
                [&] { return first_of(data().stale_acks(project, agent, created_max), limit); });
  }

  result<std::vector<reservation>> open_reservations(const std::string& project) override {
    return read("reader.open_reservations", [&] {
      return those(data().reservations(),
                   [&](const auto& one) { return one.project == project && !one.released_at; });
    });
  }

  result<std::vector<reservation>> reservations_of(const std::string& agent_id) override {
    return read("reader.reservations_of", [&] {
      auto found
        = those(data().reservations(), [&](const auto& one) { return one.agent_id == agent_id; });
      std::reverse(found.begin(), found.end());
      return found;
    });
  }

  result<std::optional<reservation>> find_reservation(const std::string& id) override {
    return read("reader.find_reservation", [&] {
      const auto found
        = those(data().reservations(), [&](const auto& one) { return one.id == id; });
      return found.empty() ? std::nullopt : std::optional{found.front()};
    });
  }

  result<bool> holds_any(const std::string& agent_id, wall_time now) override {
    return read("reader.holds_any", [&] {
      const auto& all = data().reservations();
      return std::any_of(all.begin(), all.end(), [&](const auto& one) {
        return one.agent_id == agent_id && one.is_active(now);
      });
    });
  }

  result<std::vector<std::string>> projects_with_reservations() override {
    return read("reader.projects_with_reservations", [&] {
      std::set<std::string> found;
      for (const auto& one : data().reservations())
        if (!one.released_at)
          found.insert(one.project);
      return std::vector<std::string>{found.begin(), found.end()};
    });
  }

  result<std::optional<storage::replay>> find_replay(const std::string& scope,
                                                     wall_time now) override {
    return read("reader.find_replay", [&] { return data().find_replay(scope, now); });
  }

  result<std::vector<storage::project_summary>> projects(const std::optional<std::string>& after,
                                                         std::uint32_t limit) override {
    return read("reader.projects", [&] {
      return first_of(
        those(data().projects(), [&](const auto& one) { return !after || one.project > *after; }),
        limit);
    });
  }

private:
  template <class Read>
  auto read(std::string_view step, const Read& what)
    -> result<std::remove_cvref_t<decltype(what())>> {
    if (auto why = shared_->fault_at(step); why)
      return *why;
    const std::lock_guard guard{shared_->mutex};
    if (shared_->life != life_)
      return dead();
    return what();
  }

  [[nodiscard]] const memory_data& data() const { return shared_->committed; }

  [[nodiscard]] std::vector<inbox_entry> page(const storage::inbox_query& wanted) const {
    std::vector<inbox_entry> found;
    for (auto& [at, one] : data().entries(wanted.project, wanted.agent)) {
      const bool below = wanted.since == 0 || at < wanted.since;
      if ((wanted.descending ? below : at > wanted.since) && !(wanted.unread_only && one.read_at))
        found.push_back(one);
    }
    if (wanted.descending)
      std::reverse(found.begin(), found.end());
    return first_of(std::move(found), std::min(wanted.limit, 1000U));
  }

  memory_shared_ptr shared_;
  std::uint64_t life_;
};

} // namespace

std::unique_ptr<storage::reader> make_reader(memory_shared_ptr shared, std::uint64_t life) {
  return std::make_unique<memory_reader>(std::move(shared), life);
}

} // namespace intermute::test::detail
