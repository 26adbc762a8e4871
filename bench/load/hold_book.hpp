#pragma once

#include "bench/load/request_plan.hpp"
#include "bench/load/tally.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace intermute::bench {

/// What the agents of a run hold, by what they were told. Knows at once when two were given the
/// same file; in the end it is compared with the server's list. Safe from any thread.
class hold_book {
public:
  explicit hold_book(const request_plan& plan);

  /// A reservation was granted. @returns  The agent that holds the file already, or an empty text.
  [[nodiscard]] std::string granted(std::size_t project, std::size_t file,
                                    const std::string& reservation, const std::string& agent);
  /// Its release is about to be asked for: from now on another may be given the file.
  void releasing(std::size_t project, std::size_t file, const std::string& reservation);
  /// The release was answered with yes.
  void released(std::size_t project, const std::string& reservation);

  /// One reservation of the server's list of a project, as it is read after the run.
  void see(std::size_t project, const std::string& reservation, const std::string& reason);
  /// Ends the comparison: what was granted and never given back must have been seen.
  [[nodiscard]] const violations& finish();
  [[nodiscard]] std::uint64_t live() const;

private:
  enum class state : std::uint8_t { held, in_doubt, released };
  struct entry {
    state is = state::held;
    int seen = 0;
  };
  struct file_holder {
    std::string reservation; ///< Empty while nobody holds it for sure.
    std::string agent;
  };

  const request_plan& plan_;
  mutable std::mutex guard_;
  std::vector<file_holder> holders_;                  ///< By project and file.
  std::vector<std::map<std::string, entry>> entries_; ///< By project; reservation id to what is.
  violations found_;
};

} // namespace intermute::bench
