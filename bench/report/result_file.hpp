#pragma once

#include "bench/report/run_report.hpp"

#include <string>
#include <utility>
#include <vector>

namespace intermute::bench {

/// One line or set of points of a figure: x, y and, where it was measured several times, the
/// smallest and largest y.
struct figure_point {
  double x = 0;
  double y = 0;
  double y_min = 0;
  double y_max = 0;
};
struct figure_series {
  std::string name;
  std::vector<figure_point> points;
};
struct figure_axis {
  std::string label;
  bool is_logarithmic = false;
};
/// What `plot.py` draws as one picture.
struct figure {
  std::string id; ///< Part of a file name.
  std::string title;
  figure_axis x;
  figure_axis y;
  std::vector<figure_series> series;
};

/// Collects what a command measured and writes it as one JSON object: `tool`, `machine`, `runs`,
/// `tables`, `figures`.
class result_file {
public:
  result_file();

  void add(const options& run, const run_result& result, int round);
  void add(const figure& drawn);
  /// A table of figures that are not runs: rows of a name and named numbers.
  void add_table(const std::string& name,
                 const std::vector<std::pair<std::string, std::vector<double>>>& rows,
                 const std::vector<std::string>& columns);

  /// Returns the text. Call once.
  [[nodiscard]] std::string finish();

private:
  rapidjson::StringBuffer runs_;
  rapidjson::StringBuffer tables_;
  rapidjson::StringBuffer figures_;
  json_writer run_list_{runs_};
  json_writer table_list_{tables_};
  json_writer figure_list_{figures_};
};

/// Writes `text` to a file, or to stdout for `-`.
/// @throws std::runtime_error  When the file cannot be written.
void write_text(const std::string& path, const std::string& text);

} // namespace intermute::bench
