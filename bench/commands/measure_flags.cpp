#include "bench/commands/measure_flags.hpp"

#include <filesystem>

namespace intermute::bench {

void add_server_flags(CLI::App& app, measure_options& to) {
  to.server = beside_us("intermute");
  to.work_folder = ".";
  app.add_option("--server", to.server, "The server program")->check(CLI::ExistingFile);
  app.add_option("--work-folder", to.work_folder, "Where database files are made")
    ->check(CLI::ExistingDirectory);
}

void add_round_flags(CLI::App& app, measure_options& to) {
  app.add_option("--rounds", to.rounds, "Rounds, forwards and backwards in turn")
    ->check(CLI::Range(1, 100));
  app.add_option("--seconds", to.seconds, "Per side and round")->check(CLI::Range(0.1, 600.0));
}

void add_json_flag(CLI::App& app, std::string& to) {
  app.add_option("--json", to, "Write the results to this file, - for stdout")->default_str("");
}

std::string beside_us(const std::string& name) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  return std::filesystem::exists(path) ? path.string() : std::string{};
}

} // namespace intermute::bench
