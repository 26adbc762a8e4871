#include "cli/serve.hpp"

#include "base/version.hpp"
#include "cli/startup_text.hpp"
#include "config/keys_file.hpp"
#include "config/load.hpp"
#include "config/reload.hpp"
#include "embed/server.hpp"

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace intermute::cli {
namespace {

using base::result;

/// Lets the process hold as many sockets as the system allows it to.
void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit); // It serves fewer sockets otherwise.
  }
}

/// The signals that a server acts on, blocked in this thread and all it starts.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN); // A peer that is gone shows as an error of the write.
  std::signal(SIGXFSZ, SIG_IGN); // A file that may not grow is a full disk.
  sigset_t wanted{};
  sigemptyset(&wanted);
  for (const int one : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&wanted, one);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  return wanted;
}

int next_signal(const sigset_t& of) {
  int got = 0;
  while (sigwait(&of, &got) != 0) { // Ends: sigwait fails only when it was interrupted.
  }
  return got;
}

int refuse(const base::error& why) {
  std::cerr << "Error: " << (why.detail.empty() ? to_string(why.code) : why.detail) << '\n';
  return 1;
}

/// Where the settings and keys of a process come from; read again on SIGHUP.
class sources {
public:
  sources(const config::command_line& command, const config::environment& env)
    : command_(command), env_(env) {}

  /// The settings, or the text of all that is wrong with them.
  [[nodiscard]] result<config::settings> settings() const {
    auto loaded = config::load(config::request_of(command_, env_));
    if (!loaded.problems.empty())
      return base::error{base::errc::invalid_request, config::problems_text(loaded.problems), {}};
    if (loaded.values.storage.path.empty()) {
      const auto path = config::default_database_path(env_);
      if (!path)
        return base::error{base::errc::invalid_request,
                           "Neither HOME nor XDG_DATA_HOME says where to put the database. Name a "
                           "file with --db.\n",
                           {}};
      loaded.values.storage.path = path->string();
    }
    return std::move(loaded.values);
  }

private:
  const config::command_line& command_;
  const config::environment& env_;
};

/// A server with what it was started from.
struct running {
  const sources& from;
  config::settings settings;
  config::keyring keys;
  observe::logger say;
  embed::server& server;

  void reload();
};

void running::reload() {
  const auto path = config::keys_file_path(settings.auth);
  auto next = from.settings();
  auto read = next ? config::read_keys(path) : next.why();
  auto exposed = read ? config::check_exposure(*next, *read) : base::result<void>{read.why()};
  if (!exposed) {
    say->error("reload_refused why={}", observe::field(exposed.why().detail));
    return; // What was in force stays in force.
  }
  for (const auto& line : config::differences(keys, *read))
    say->info("reload_keys change={}", observe::field(line));
  for (const auto& one : config::differences(settings, *next))
    say->info("reload_setting key={} from={} to={} effect={}", one.key, observe::field(one.from),
              observe::field(one.to), one.live ? "now" : "restart");
  say->set_level(spdlog::level::from_str(
    std::string{config::log_level_names[static_cast<std::size_t>(next->log.level)]}));
  server.reconfigure(*next, *read);
  settings = std::move(*next);
  keys = std::move(*read);
  say->info("reloaded");
}

} // namespace

int serve(const config::command_line& command, const config::environment& env) {
  const sources from{command, env};
  const auto settings = from.settings();
  if (!settings) {
    std::cerr << settings.why().detail;
    return 1;
  }
  auto keys = config::load_or_make_keys(config::keys_file_path(settings->auth));
  if (!keys)
    return refuse(keys.why());
  if (auto safe = config::check_exposure(*settings, keys->keys); !safe)
    return refuse(safe.why());
  const auto signals = block_signals();
  raise_open_files();
  auto say = observe::make_logger(
    std::string{config::log_level_names[static_cast<std::size_t>(settings->log.level)]},
    settings->log.format == config::log_format::json);
  for (const auto& warning : keys->warnings)
    say->warn("keys_file_warning why={}", observe::field(warning));
  auto server = embed::server::start({*settings, say, nullptr, keys->keys, true});
  if (!server)
    return refuse(server.why());
  log_startup(*say, *settings, *keys, (*server)->port());
  std::cout << startup_text(*settings, *keys, (*server)->port()) << std::flush;

  running now{from, *settings, keys->keys, say, **server};
  while (next_signal(signals) == SIGHUP) // Ends: any other signal asks to stop.
    now.reload();
  say->info("server_stopping");
  std::thread{[signals] {
    while (next_signal(signals) == SIGHUP) { // Ends: as above. There is nothing left to reload.
    }
    std::_Exit(0); // A second signal: leave at once. What was answered is on the disk.
  }}.detach();
  (*server)->stop(now.settings.server.drain_timeout);
  say->info("server_stopped");
  return 0;
}

} // namespace intermute::cli
