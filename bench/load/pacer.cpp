#include "bench/load/pacer.hpp"

#include <algorithm>

namespace intermute::bench {

pacer::pacer(double rate, arrivals kind, std::uint64_t seed)
  : random_{seed}, gap_{rate}, even_gap_{kind == arrivals::even ? 1 / rate : 0} {}

void pacer::advance() {
  const double seconds = even_gap_ > 0 ? even_gap_ : gap_(random_);
  const auto gap
    = std::chrono::duration_cast<bench_clock::duration>(std::chrono::duration<double>{seconds});
  next_ += std::max(gap, bench_clock::duration{1}); // So that it always gets on.
}

} // namespace intermute::bench
