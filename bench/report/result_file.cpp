#include "bench/report/result_file.hpp"

#include "base/version.hpp"

#include <sys/utsname.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace intermute::bench {

namespace {

void put_text(json_writer& json, const char* key, const std::string& text) {
  json.Key(key);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put_axis(json_writer& json, const char* key, const figure_axis& axis) {
  json.Key(key);
  json.StartObject();
  put_text(json, "label", axis.label);
  put_text(json, "scale", axis.is_logarithmic ? "log" : "linear");
  json.EndObject();
}

std::string processor() {
  std::ifstream cpuinfo{"/proc/cpuinfo"};
  for (std::string row; std::getline(cpuinfo, row);)
    if (row.starts_with("model name"))
      return row.substr(row.find(':') + 2);
  return "unknown";
}

void put_machine(json_writer& json) {
  utsname system{};
  uname(&system);
  json.Key("machine");
  json.StartObject();
  json.Key("cores");
  json.Uint(std::thread::hardware_concurrency());
  put_text(json, "processor", processor());
  put_text(json, "kernel", std::string{system.sysname} + " " + system.release);
  put_text(json, "compiler", "gcc " __VERSION__);
  json.EndObject();
}

void put_list(json_writer& json, const char* key, const rapidjson::StringBuffer& list) {
  json.Key(key);
  json.RawValue(list.GetString(), list.GetSize(), rapidjson::kArrayType);
}

} // namespace

result_file::result_file() {
  run_list_.StartArray();
  table_list_.StartArray();
  figure_list_.StartArray();
}

void result_file::add(const options& run, const run_result& result, int round) {
  put_run(run_list_, run, result, round);
}

void result_file::add(const figure& drawn) {
  auto& json = figure_list_;
  json.StartObject();
  put_text(json, "id", drawn.id);
  put_text(json, "title", drawn.title);
  put_axis(json, "x", drawn.x);
  put_axis(json, "y", drawn.y);
  json.Key("series");
  json.StartArray();
  for (const auto& one : drawn.series) {
    json.StartObject();
    put_text(json, "name", one.name);
    json.Key("points");
    json.StartArray();
    for (const auto& point : one.points) {
      json.StartArray();
      for (const double value : {point.x, point.y, point.y_min, point.y_max})
        json.Double(value);
      json.EndArray();
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

void result_file::add_table(const std::string& name,
                            const std::vector<std::pair<std::string, std::vector<double>>>& rows,
                            const std::vector<std::string>& columns) {
  auto& json = table_list_;
  json.StartObject();
  put_text(json, "name", name);
  json.Key("rows");
  json.StartArray();
  for (const auto& [title, values] : rows) {
    json.StartObject();
    put_text(json, "name", title);
    for (std::size_t i = 0; i < values.size() && i < columns.size(); ++i) {
      json.Key(columns[i].c_str());
      json.Double(values[i]);
    }
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

std::string result_file::finish() {
  run_list_.EndArray();
  table_list_.EndArray();
  figure_list_.EndArray();
  rapidjson::StringBuffer buffer;
  json_writer json{buffer};
  json.StartObject();
  put_text(json, "tool", "intermute-bench " + std::string{base::version});
  put_machine(json);
  put_list(json, "runs", runs_);
  put_list(json, "tables", tables_);
  put_list(json, "figures", figures_);
  json.EndObject();
  return buffer.GetString() + std::string{"\n"};
}

void write_text(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::fputs(text.c_str(), stdout);
    return;
  }
  std::ofstream file{path, std::ios::trunc};
  if (!(file << text) || !file.flush())
    throw std::runtime_error(path + " cannot be written");
}

} // namespace intermute::bench
