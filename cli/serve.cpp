#include "cli/serve.hpp"

#include "config/load.hpp"
#include "embed/server.hpp"

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace intermute::cli {
namespace {

constexpr std::chrono::seconds stop_patience{5};

/// Lets the process hold as many sockets as the system allows it to.
void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit); // It serves fewer sockets otherwise.
  }
}

/// The signals that end a server, blocked in this thread and all it starts.
sigset_t block_end_signals() {
  std::signal(SIGPIPE, SIG_IGN); // A peer that is gone shows as an error of the write.
  sigset_t ends{};
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  return ends;
}

int wait_for(const sigset_t& ends) {
  int got = 0;
  while (sigwait(&ends, &got) != 0) { // Ends: sigwait fails only when it was interrupted.
  }
  return got;
}

int refuse(const base::error& why) {
  std::cerr << "Error: " << (why.detail.empty() ? to_string(why.code) : why.detail) << '\n';
  return 1;
}

void say_how_to_talk(const config::settings& settings, std::uint16_t port) {
  const auto host = settings.server.host.find(':') == std::string::npos
                      ? settings.server.host
                      : '[' + settings.server.host + ']';
  const auto base = "http://" + host + ':' + std::to_string(port);
  std::cout << "intermute ready on " << base << '\n'
            << "  database  " << settings.storage.path << '\n'
            << "  try       curl " << base << "/health\n"
            << "  stop      Ctrl-C\n"
            << std::flush;
}

} // namespace

int serve(const config::command_line& command, const config::environment& env) {
  auto loaded = config::load(config::request_of(command, env));
  if (!loaded.problems.empty()) {
    std::cerr << config::problems_text(loaded.problems);
    return 1;
  }
  auto settings = std::move(loaded.values);
  if (settings.storage.path.empty()) {
    const auto path = config::default_database_path(env);
    if (!path)
      return refuse({base::errc::invalid_request,
                     "Neither HOME nor XDG_DATA_HOME says where to put the database. Name a file "
                     "with --db.",
                     {}});
    settings.storage.path = path->string();
  }
  const auto ends = block_end_signals();
  raise_open_files();
  auto say = observe::make_logger(
    std::string{config::log_level_names[static_cast<std::size_t>(settings.log.level)]},
    settings.log.format == config::log_format::json);
  auto server = embed::server::start(settings, say);
  if (!server)
    return refuse(server.why());
  say_how_to_talk(settings, (*server)->port());
  wait_for(ends);
  say->info("server_stopping");
  std::thread{[ends] {
    wait_for(ends); // A second signal: leave at once. What was answered is on the disk.
    std::_Exit(0);
  }}.detach();
  (*server)->stop(stop_patience);
  say->info("server_stopped");
  return 0;
}

} // namespace intermute::cli
