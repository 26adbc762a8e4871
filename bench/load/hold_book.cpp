#include "bench/load/hold_book.hpp"

namespace intermute::bench {

hold_book::hold_book(const request_plan& plan)
  : plan_{plan}, holders_(plan.run().projects * plan.files()), entries_(plan.run().projects) {}

std::string hold_book::granted(std::size_t project, std::size_t file,
                               const std::string& reservation, const std::string& agent) {
  const std::lock_guard lock{guard_};
  entries_[project].try_emplace(reservation);
  file_holder& now = holders_[project * plan_.files() + file];
  if (!now.reservation.empty() && now.agent != agent)
    return now.agent;
  now = {reservation, agent};
  return {};
}

void hold_book::releasing(std::size_t project, std::size_t file, const std::string& reservation) {
  const std::lock_guard lock{guard_};
  entries_[project][reservation].is = state::in_doubt;
  file_holder& now = holders_[project * plan_.files() + file];
  if (now.reservation == reservation)
    now = {};
}

void hold_book::released(std::size_t project, const std::string& reservation) {
  const std::lock_guard lock{guard_};
  entries_[project][reservation].is = state::released;
}

void hold_book::see(std::size_t project, const std::string& reservation,
                    const std::string& reason) {
  const std::lock_guard lock{guard_};
  const auto known = entries_[project].find(reservation);
  if (known == entries_[project].end())
    return; // Of another run, or one whose answer was lost.
  if (reason != "load " + plan_.mark())
    found_.add("reservation corrupt", reservation + " has the reason " + reason);
  if (++known->second.seen == 2)
    found_.add("reservation doubled", reservation);
  if (known->second.is == state::released)
    found_.add("reservation released but live", reservation);
}

const violations& hold_book::finish() {
  const std::lock_guard lock{guard_};
  for (std::size_t project = 0; project < entries_.size(); ++project)
    for (const auto& [reservation, one] : entries_[project])
      if (one.is == state::held && one.seen == 0)
        found_.add("reservation missing", reservation + " in " + plan_.project(project));
  return found_;
}

std::uint64_t hold_book::live() const {
  const std::lock_guard lock{guard_};
  std::uint64_t count = 0;
  for (const auto& project : entries_)
    for (const auto& [reservation, one] : project)
      count += one.is == state::held ? 1 : 0;
  return count;
}

} // namespace intermute::bench
