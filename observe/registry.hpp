#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace intermute::observe {

using labels = prometheus::Labels;
using counter = prometheus::Counter;
using gauge = prometheus::Gauge;
using histogram = prometheus::Histogram;

/// One figure taken when somebody looks, for values that are kept elsewhere.
struct sample {
  labels of;
  double value = 0;
};
enum class sample_kind { total, level };

/// Every metric of one server, on prometheus-cpp. Metrics live as long as the registry and are
/// safe to touch from any thread. Names follow the Prometheus conventions: `intermute_` first,
/// the unit or `total` last.
class registry {
public:
  registry();
  /// Keeps its metrics in `into`; null: in one of its own.
  /// @param always  Labels that each metric has beside its own, so that several servers may share
  ///                a registry.
  explicit registry(std::shared_ptr<prometheus::Registry> into, labels always = {});
  ~registry();

  /// The counter of this name and these labels, made at the first call.
  [[nodiscard]] counter& add_counter(const std::string& name, const std::string& help,
                                     const labels& of = {});
  [[nodiscard]] gauge& add_gauge(const std::string& name, const std::string& help,
                                 const labels& of = {});
  /// @param bounds  Upper bounds of the buckets, ascending, in the metric's unit.
  [[nodiscard]] histogram& add_histogram(const std::string& name, const std::string& help,
                                         std::vector<double> bounds, const labels& of = {});

  /// Adds a family whose samples are read at every look. `read` is called on the looking thread
  /// and must outlive the registry's use.
  void add_reader(std::string name, std::string help, sample_kind kind,
                  std::function<std::vector<sample>()> read);

  /// The families of `add_reader`, as they are now: what no other exposer of the registry sees.
  [[nodiscard]] std::vector<prometheus::MetricFamily> readings() const;

  /// Prometheus text exposition format, version 0.0.4.
  [[nodiscard]] std::string text() const;

private:
  class readers;
  [[nodiscard]] labels with_always(const labels& of) const;

  labels always_;
  std::shared_ptr<prometheus::Registry> kept_;
  std::unique_ptr<readers> readers_;
};

/// Bounds in seconds for latencies from 50 microseconds to 10 s.
[[nodiscard]] std::vector<double> latency_bounds();

} // namespace intermute::observe
