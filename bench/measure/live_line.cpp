#include "bench/measure/live_line.hpp"

#include <unistd.h>

#include <cstdio>

namespace intermute::bench {

progress_sink live_line::sink() const {
  if (isatty(STDERR_FILENO) == 0)
    return {};
  return [name = name_](const progress& now) {
    std::fprintf(stderr, "\r\033[K%s  %s %.0f s  %.0f/s  p99 %.3f ms\r", name.c_str(),
                 now.elapsed_seconds < 0 ? "warming up, begins in" : "measuring since",
                 now.elapsed_seconds < 0 ? -now.elapsed_seconds : now.elapsed_seconds, now.rate,
                 now.p99_ms);
    std::fflush(stderr);
  };
}

} // namespace intermute::bench
