#pragma once

#include <functional>
#include <string>
#include <vector>

/// Parts of our server by themselves, in this process: what the figures of a whole server can be
/// divided by.
namespace intermute::bench {

struct micro_options {
  int rounds = 5;          ///< At least 1.
  double seconds = 0.3;    ///< Per figure and round.
  std::string work_folder; ///< Where database files go for a while; empty is the current folder.
                           ///< In a memory file system syncing costs nothing: name one on a disk.
  std::vector<std::string> only; ///< Names, or their first parts as in `writer`; empty is all.
};

/// One figure over all rounds.
struct micro_figure {
  std::string name;
  std::string unit; ///< `ns/op`: less is better, or `ops/s`.
  double median = 0;
  double min = 0;
  double max = 0;
};

/// The names of all figures, in the order in which they are measured.
[[nodiscard]] std::vector<std::string> micro_names();

/// Measures the chosen figures in turn, round by round, after a warm-up of each; takes about
/// `rounds * seconds` for each and as much again where work has to be prepared.
/// @param tell  Called with each figure as soon as its last round is over; may be empty.
/// @returns The figures in the order of `micro_names()`.
/// @throws std::runtime_error, std::filesystem::filesystem_error  When the database files cannot
///         be made or written.
std::vector<micro_figure> run_micro(const micro_options& wanted,
                                    const std::function<void(const micro_figure&)>& tell);

} // namespace intermute::bench
