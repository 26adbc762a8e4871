#include "bench/load/process_probe.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace intermute::bench {

namespace {

double cpu_seconds(const std::string& stat_line) {
  // The second field is the program's name in brackets and may hold spaces: count from its end.
  std::istringstream rest{stat_line.substr(stat_line.rfind(')') + 1)};
  std::string skipped;
  for (int field = 3; field < 14; ++field)
    rest >> skipped;
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

} // namespace

std::optional<process_sample> sample_process(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream stat{folder + "/stat"};
  std::ifstream statm{folder + "/statm"};
  std::string line;
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  if (!std::getline(stat, line) || !(statm >> pages >> resident))
    return std::nullopt;
  const auto page_kib = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
  return process_sample{cpu_seconds(line), resident * page_kib};
}

double own_cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

} // namespace intermute::bench
