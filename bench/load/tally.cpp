#include "bench/load/tally.hpp"

#include <algorithm>

namespace intermute::bench {

namespace {

/// Keeps a map small whatever a server answers.
void count(std::map<std::string, std::uint64_t>& counts, const std::string& key) {
  constexpr std::size_t keys_max = 100;
  if (counts.size() >= keys_max && !counts.contains(key))
    ++counts["(others)"];
  else
    ++counts[key];
}

template <class Key>
void add_all(std::map<Key, std::uint64_t>& to, const std::map<Key, std::uint64_t>& from) {
  for (const auto& [key, number] : from)
    to[key] += number;
}

/// The server sends whole seconds; a date is allowed by HTTP but by no client of ours.
bool is_seconds(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

const char* to_string(outcome value) noexcept {
  switch (value) {
  case outcome::ok: return "ok";
  case outcome::conflict: return "conflict";
  case outcome::refused: return "refused";
  case outcome::failed: return "failed";
  }
  return "?";
}

outcome outcome_of(int status) noexcept {
  if (status >= 200 && status < 300)
    return outcome::ok;
  if (status == 409)
    return outcome::conflict;
  return status == 429 || status == 503 ? outcome::refused : outcome::failed;
}

void violations::add(const std::string& kind, const std::string& what) {
  if (++by_kind_[kind] <= examples_per_kind_max)
    examples_.push_back(kind + ": " + what);
}

void violations::merge(const violations& other) {
  add_all(by_kind_, other.by_kind_);
  examples_.insert(examples_.end(), other.examples_.begin(), other.examples_.end());
}

void tally::answered(operation what, bench_clock::time_point start, bench_clock::time_point end,
                     const response& answer) {
  const outcome how = outcome_of(answer.status);
  problem named;
  if (how != outcome::ok)
    named = parse_problem(answer.body);
  if (how == outcome::refused)
    check_refusal(answer.status, answer, named);
  if (start < measured_.begin || start > measured_.end)
    return;
  auto& counted = series_[static_cast<std::size_t>(what)][static_cast<std::size_t>(how)];
  const auto elapsed = std::chrono::duration_cast<std::chrono::nanoseconds>(end - start);
  counted.latency_ns.record(static_cast<std::uint64_t>(elapsed.count()));
  counted.in_window += end <= measured_.end ? 1 : 0;
  last_answer = std::max(last_answer, end);
  ++by_status[answer.status];
  if (how != outcome::ok)
    count(by_code, named.code.empty() ? "(none)" : named.code);
}

void tally::check_refusal(int status, const response& answer, const problem& named) {
  const std::string numbered = std::to_string(status);
  count(by_refusal, numbered + " " + (named.mailbox.empty() ? "(none)" : named.mailbox));
  if (!strict_)
    return;
  if (!is_seconds(answer.retry_after))
    broken_promises.add("refusal without Retry-After",
                        numbered + " has \"" + answer.retry_after + "\"");
  if (named.mailbox.empty())
    broken_promises.add("refusal without mailbox", numbered + " " + answer.body.substr(0, 200));
}

void tally::merge(const tally& other) {
  for (std::size_t what = 0; what < operations; ++what) {
    for (std::size_t how = 0; how < outcomes; ++how) {
      series_[what][how].latency_ns.merge(other.series_[what][how].latency_ns);
      series_[what][how].in_window += other.series_[what][how].in_window;
    }
  }
  add_all(by_status, other.by_status);
  add_all(by_code, other.by_code);
  add_all(by_refusal, other.by_refusal);
  add_all(by_connection_error, other.by_connection_error);
  unsent += other.unsent;
  broken_promises.merge(other.broken_promises);
  last_answer = std::max(last_answer, other.last_answer);
}

std::uint64_t tally::requests() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& [status, number] : by_status)
    sum += number;
  return sum;
}

} // namespace intermute::bench
