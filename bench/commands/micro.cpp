#include "bench/yardsticks/micro.hpp"

#include "bench/commands/commands.hpp"
#include "bench/commands/measure_flags.hpp"
#include "bench/report/result_file.hpp"
#include "bench/yardsticks/yardstick_server.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace intermute::bench {

namespace {

struct micro_command {
  micro_options run;
  std::string json;
};

/// Names may be whole, or a first part that several have: `writer`.
std::string is_known(const std::string& name) {
  const auto names = micro_names();
  const bool known
    = std::ranges::any_of(names, [&](const auto& one) { return one.starts_with(name); });
  return known ? std::string{} : "there is no yardstick " + name;
}

int run_and_print(const micro_command& asked) {
  std::printf("%-20s %12s %12s %12s  %s\n", "yardstick", "median", "min", "max", "unit");
  result_file file;
  std::vector<std::pair<std::string, std::vector<double>>> rows;
  const auto tell = [&](const micro_figure& one) {
    std::printf("%-20s %12.1f %12.1f %12.1f  %s\n", one.name.c_str(), one.median, one.min, one.max,
                one.unit.c_str());
    rows.push_back({one.name, {one.median, one.min, one.max}});
  };
  (void)run_micro(asked.run, tell);
  file.add_table("micro", rows, {"median", "min", "max"});
  if (!asked.json.empty())
    write_text(asked.json, file.finish());
  return rows.empty() ? 1 : 0;
}

} // namespace

void add_micro_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand(
    "micro", "Yardsticks inside this process: mailbox, ring, globs, codec, SQLite writer");
  const auto asked = std::make_shared<micro_command>();
  std::string known;
  for (const auto& name : micro_names())
    known += (known.empty() ? "" : ", ") + name;
  command->add_option("names", asked->run.only, "Only these of " + known)
    ->check(is_known, "")
    ->default_str("");
  command->add_option("--rounds", asked->run.rounds, "Rounds, in turn")->check(CLI::Range(1, 1000));
  command->add_option("--seconds", asked->run.seconds, "Per yardstick and round")
    ->check(CLI::Range(0.001, 600.0));
  asked->run.work_folder = ".";
  command->add_option("--work-folder", asked->run.work_folder, "Where database files are made")
    ->check(CLI::ExistingDirectory);
  add_json_flag(*command, asked->json);
  command->callback([asked, &status] { status = run_and_print(*asked); });
}

void add_yardstick_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand(
    "yardstick", "Serves what a server is compared with: a bare Beast hello, a fixed page, or JSON "
                 "echoed through an actor; ends with its input");
  const auto asked = std::make_shared<yardstick_server_options>();
  const auto kind = std::make_shared<std::string>();
  command->add_option("kind", *kind, "hello, page or echo")
    ->required()
    ->check(CLI::IsMember({"hello", "page", "echo"}))
    ->default_str("");
  command->add_option("--threads", asked->threads, "io threads")->check(CLI::Range(1, 64));
  command->add_option("--body-bytes", asked->body_bytes, "page: length of its body")
    ->check(CLI::Range(0, 100'000'000));
  command->callback([asked, kind, &status] {
    asked->kind = *kind == "hello"  ? yardstick_kind::hello
                  : *kind == "page" ? yardstick_kind::page
                                    : yardstick_kind::echo;
    status = serve_yardstick(*asked);
  });
}

} // namespace intermute::bench
