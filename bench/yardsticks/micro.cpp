#include "bench/yardsticks/micro.hpp"

#include "bench/yardsticks/micro_case.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>

namespace intermute::bench {

using namespace yardsticks;

namespace {

constexpr std::chrono::milliseconds warm_up_max{100};

std::vector<micro_row> all_rows() {
  auto all = actor_rows();
  for (const auto& some : {text_rows(), store_rows()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

bool is_wanted(const std::vector<std::string>& only, std::string_view name) {
  return only.empty() || std::ranges::any_of(only, [name](const std::string& one) {
           return name == one || name.starts_with(one + ".");
         });
}

/// A folder of this process, removed in the end.
class own_folder {
public:
  explicit own_folder(const std::string& in)
    : path_{std::filesystem::path{in} / ("yardsticks-" + std::to_string(::getpid()))} {
    std::filesystem::create_directories(path_);
  }
  ~own_folder() {
    std::error_code ignored; // What is left harms nobody.
    std::filesystem::remove_all(path_, ignored);
  }
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

/// A chosen figure and what its rounds gave.
struct candidate {
  micro_row row;
  std::unique_ptr<micro_case> work;
  std::vector<double> seen;
};

micro_figure figure_of(const candidate& one) {
  auto sorted = one.seen;
  std::ranges::sort(sorted);
  const auto middle = sorted.size() / 2;
  const auto median
    = sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return {std::string{one.row.name}, std::string{one.row.unit}, median, sorted.front(),
          sorted.back()};
}

} // namespace

std::vector<std::string> micro_names() {
  std::vector<std::string> names;
  for (const auto& row : all_rows())
    names.emplace_back(row.name);
  return names;
}

std::vector<micro_figure> run_micro(const micro_options& wanted,
                                    const std::function<void(const micro_figure&)>& tell) {
  using std::chrono::nanoseconds;
  const nanoseconds time{static_cast<nanoseconds::rep>(wanted.seconds * 1e9)};
  const own_folder folder{wanted.work_folder};
  std::vector<candidate> chosen;
  for (const auto& row : all_rows())
    if (is_wanted(wanted.only, row.name)) {
      chosen.push_back({row, row.make(folder.path()), {}});
      look_at(chosen.back().work->measure(std::min<nanoseconds>(time, warm_up_max)));
    }
  const int rounds = std::max(1, wanted.rounds);
  std::vector<micro_figure> figures;
  for (int round = 1; round <= rounds; ++round)
    for (auto& one : chosen) {
      one.seen.push_back(one.work->measure(time));
      if (round < rounds)
        continue;
      figures.push_back(figure_of(one));
      if (tell)
        tell(figures.back());
    }
  return figures;
}

} // namespace intermute::bench
