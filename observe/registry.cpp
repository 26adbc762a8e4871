#include "observe/registry.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace intermute::observe {

/// Families that are computed when they are collected.
class registry::readers {
public:
  struct family {
    std::string name;
    std::string help;
    sample_kind kind;
    std::function<std::vector<sample>()> read;
  };

  void add(family one) {
    const std::lock_guard guard{mutex_};
    families_.push_back(std::move(one));
  }

  std::vector<prometheus::MetricFamily> collect(const labels& always) const {
    const std::lock_guard guard{mutex_};
    std::vector<prometheus::MetricFamily> found;
    found.reserve(families_.size());
    for (const auto& one : families_)
      found.push_back(collected(one, always));
    return found;
  }

private:
  static prometheus::MetricFamily collected(const family& one, const labels& always) {
    prometheus::MetricFamily made;
    made.name = one.name;
    made.help = one.help;
    made.type = one.kind == sample_kind::total ? prometheus::MetricType::Counter
                                               : prometheus::MetricType::Gauge;
    for (const auto& figure : one.read()) {
      prometheus::ClientMetric metric;
      for (const auto& [name, value] : figure.of)
        metric.label.push_back({name, value});
      for (const auto& [name, value] : always)
        metric.label.push_back({name, value});
      metric.counter.value = figure.value;
      metric.gauge.value = figure.value;
      made.metric.push_back(std::move(metric));
    }
    return made;
  }

  mutable std::mutex mutex_;
  std::vector<family> families_;
};

registry::registry() : registry(nullptr) {}

registry::registry(std::shared_ptr<prometheus::Registry> into, labels always)
  : always_(std::move(always)),
    kept_(into ? std::move(into) : std::make_shared<prometheus::Registry>()),
    readers_(std::make_unique<readers>()) {}

registry::~registry() = default;

labels registry::with_always(const labels& of) const {
  auto all = of;
  all.insert(always_.begin(), always_.end());
  return all;
}

counter& registry::add_counter(const std::string& name, const std::string& help, const labels& of) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*kept_).Add(with_always(of));
}

gauge& registry::add_gauge(const std::string& name, const std::string& help, const labels& of) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*kept_).Add(with_always(of));
}

histogram& registry::add_histogram(const std::string& name, const std::string& help,
                                   std::vector<double> bounds, const labels& of) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*kept_).Add(with_always(of),
                                                                                 std::move(bounds));
}

void registry::add_reader(std::string name, std::string help, sample_kind kind,
                          std::function<std::vector<sample>()> read) {
  readers_->add({std::move(name), std::move(help), kind, std::move(read)});
}

std::vector<prometheus::MetricFamily> registry::readings() const {
  return readers_->collect(always_);
}

std::string registry::text() const {
  auto families = kept_->Collect();
  for (auto& one : readings())
    families.push_back(std::move(one));
  return prometheus::TextSerializer{}.Serialize(families);
}

std::vector<double> latency_bounds() {
  return {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
          0.025,   0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   10.0};
}

} // namespace intermute::observe
