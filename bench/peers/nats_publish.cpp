// Publishes to a NATS JetStream stream with file storage and prints one line of JSON.
//
// Starts its own nats-server on a free port of 127.0.0.1 with a store folder that is removed
// afterwards. Every publisher is a thread that waits for the acknowledgement of a message before
// it sends the next one.

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <nats/nats.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using clock = std::chrono::steady_clock;

constexpr int status_check_failed = 1;
constexpr int status_not_run = 2;
constexpr int status_skipped = 77; // As ctest and automake understand it.
constexpr int status_interrupted = 130;

constexpr const char* stream_name = "bench";
constexpr auto start_time_max = std::chrono::seconds{10};
constexpr auto stop_time_max = std::chrono::seconds{10};
constexpr auto poll_interval = std::chrono::milliseconds{20};

// Set by a signal; the publishers and the main thread look at it.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

struct options {
  std::string server = "nats-server";
  std::string store = ".";
  unsigned publishers = 64;
  unsigned connections = 4; // Shared by the publishers; more of them cost more than they give.
  unsigned body_bytes = 300;
  double seconds = 10;
  double warmup = 2;
};

void check(natsStatus status, const char* what) {
  if (status != NATS_OK)
    throw std::runtime_error{std::string{what} + ": " + natsStatus_GetText(status)};
}

// --- the server ---------------------------------------------------------------------------------

/// Returns the path of a program given by path or name; the folders for daemons count too, since
/// Debian puts nats-server there and they are not on every PATH.
std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return access(name.c_str(), X_OK) == 0 ? std::optional{name} : std::nullopt;
  const char* path = std::getenv("PATH");
  std::istringstream folders{std::string{path == nullptr ? "" : path}
                             + ":/usr/local/sbin:/usr/sbin"};
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = folder + "/" + name;
    if (!folder.empty() && access(file.c_str(), X_OK) == 0)
      return file;
  }
  return std::nullopt;
}

/// A folder of its own below another one, removed with all that is in it.
class temporary_folder {
public:
  explicit temporary_folder(const std::string& parent) {
    std::filesystem::create_directories(parent);
    path_ = std::filesystem::absolute(parent) / "nats-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr)
      throw std::runtime_error{path_ + ": " + std::strerror(errno)};
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds(const rusage& used) {
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

/// A nats-server with JetStream as a child process; it ends with this object, or with us.
class nats_server {
public:
  nats_server(const std::string& program, const std::string& folder)
    : log_{folder + "/log"}, arguments_{program,
                                        "-js",
                                        "-sd",
                                        folder,
                                        "-a",
                                        "127.0.0.1",
                                        "-p",
                                        "-1",
                                        "-l",
                                        log_,
                                        "--ports_file_dir",
                                        folder} {
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0)
      throw std::runtime_error{std::string{"fork: "} + std::strerror(errno)};
    if (pid_ == 0)
      become_server(parent);
    const std::string name = std::filesystem::path{program}.filename();
    ports_ = folder + "/" + name + "_" + std::to_string(pid_) + ".ports";
  }
  nats_server(const nats_server&) = delete;
  nats_server& operator=(const nats_server&) = delete;
  ~nats_server() { stop(); }

  /// Waits until the server listens and returns its URL. Throws with the end of its log when it
  /// does not come up.
  std::string wait_until_ready() {
    const auto deadline = clock::now() + start_time_max;
    while (clock::now() < deadline && !interrupted && !ended()) {
      rapidjson::Document ports;
      ports.Parse(read_file(ports_));
      if (!ports.HasParseError() && ports.IsObject() && ports.HasMember("nats")
          && ports["nats"].IsArray() && !ports["nats"].Empty() && ports["nats"][0].IsString())
        return ports["nats"][0].GetString();
      std::this_thread::sleep_for(poll_interval);
    }
    std::string log = read_file(log_);
    log.erase(0, log.size() - std::min<std::size_t>(log.size(), 500));
    throw std::runtime_error{"nats-server did not start: " + (log.empty() ? "no log" : log)};
  }

  /// Returns the version it logs at its start.
  [[nodiscard]] std::string version() const {
    std::istringstream log{read_file(log_)};
    for (std::string word; log >> word;) {
      if (word == "Version:" && log >> word)
        return word;
    }
    return "unknown";
  }

  /// Ends the server and returns the processor time it took in all, in seconds.
  double stop() {
    if (pid_ <= 0)
      return 0;
    kill(pid_, SIGTERM);
    const auto deadline = clock::now() + stop_time_max;
    while (!ended()) {
      if (clock::now() > deadline)
        kill(pid_, SIGKILL);
      std::this_thread::sleep_for(poll_interval);
    }
    pid_ = -1;
    return cpu_seconds(used_);
  }

private:
  [[noreturn]] void become_server(pid_t parent) {
    std::vector<char*> words;
    for (std::string& argument : arguments_)
      words.push_back(argument.data());
    words.push_back(nullptr);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int null = open("/dev/null", O_RDWR);
    if (getppid() != parent || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0
        || dup2(null, 2) < 0)
      _exit(1);
    execv(words.front(), words.data());
    _exit(1);
  }

  bool ended() {
    if (!ended_) {
      int status = 0;
      ended_ = wait4(pid_, &status, WNOHANG, &used_) == pid_;
    }
    return ended_;
  }

  std::string log_;
  std::vector<std::string> arguments_;
  std::string ports_;
  pid_t pid_ = -1;
  bool ended_ = false;
  rusage used_{};
};

// --- the client ---------------------------------------------------------------------------------

template <auto destroy>
struct destroyer {
  void operator()(auto* object) const { destroy(object); }
};
template <class Object, auto destroy>
using handle = std::unique_ptr<Object, destroyer<destroy>>;

using connection_handle = handle<natsConnection, natsConnection_Destroy>;
using stream_handle = handle<jsCtx, jsCtx_Destroy>;

/// A connection and what is needed to publish over it. Publishers may share it.
class client {
public:
  explicit client(const std::string& url) {
    natsConnection* connection = nullptr;
    check(natsConnection_ConnectTo(&connection, url.c_str()), "connecting");
    connection_.reset(connection);
    jsCtx* stream = nullptr;
    check(natsConnection_JetStream(&stream, connection, nullptr), "JetStream");
    stream_.reset(stream);
  }

  [[nodiscard]] jsCtx* stream() const { return stream_.get(); }

private:
  connection_handle connection_;
  stream_handle stream_; // Goes before its connection.
};

void add_stream(const client& through) {
  jsStreamConfig wanted;
  check(jsStreamConfig_Init(&wanted), "stream");
  std::array<const char*, 1> subjects{"bench.>"};
  wanted.Name = stream_name;
  wanted.Subjects = subjects.data();
  wanted.SubjectsLen = static_cast<int>(subjects.size());
  wanted.Storage = js_FileStorage;
  jsStreamInfo* made = nullptr;
  check(js_AddStream(&made, through.stream(), &wanted, nullptr, nullptr), "adding the stream");
  jsStreamInfo_Destroy(made);
}

std::uint64_t stored_messages(const client& through) {
  jsStreamInfo* info = nullptr;
  check(js_GetStreamInfo(&info, through.stream(), stream_name, nullptr, nullptr), "stream info");
  const std::uint64_t messages = info->State.Msgs;
  jsStreamInfo_Destroy(info);
  return messages;
}

// --- the load -----------------------------------------------------------------------------------

struct window {
  clock::time_point begin;
  clock::time_point end;
};

struct tally {
  std::vector<std::uint64_t> latency_ns; // Of messages sent within the window.
  std::uint64_t in_window = 0;           // Acknowledgements that came within it.
  std::uint64_t accepted = 0;            // All acknowledgements, those of the warm-up too.
  std::uint64_t failed = 0;
  std::string failure;

  void add(tally&& other) {
    latency_ns.insert(latency_ns.end(), other.latency_ns.begin(), other.latency_ns.end());
    in_window += other.in_window;
    accepted += other.accepted;
    failed += other.failed;
    if (failure.empty())
      failure = std::move(other.failure);
  }
};

/// One publisher: sends a message, waits for its acknowledgement, sends the next. Stops at the
/// first failure, since whether that message is stored is not known.
tally publish(const client& through, const std::string& subject, const std::string& body,
              const window& measured) {
  tally counted;
  // Ends: at the end of the window or on a signal; a publish waits 5 s at most.
  for (auto begin = clock::now(); begin < measured.end && !interrupted;) {
    jsPubAck* acknowledgement = nullptr;
    const natsStatus status
      = js_Publish(&acknowledgement, through.stream(), subject.c_str(), body.data(),
                   static_cast<int>(body.size()), nullptr, nullptr);
    const auto end = clock::now();
    if (status != NATS_OK) {
      ++counted.failed;
      counted.failure = natsStatus_GetText(status);
      return counted;
    }
    jsPubAck_Destroy(acknowledgement);
    ++counted.accepted;
    if (begin >= measured.begin) {
      counted.latency_ns.push_back(static_cast<std::uint64_t>((end - begin).count()));
      counted.in_window += end <= measured.end ? 1 : 0;
    }
    begin = end;
  }
  return counted;
}

tally run_publishers(const std::vector<std::unique_ptr<client>>& clients, const options& run) {
  const auto duration = [](double seconds) {
    return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{seconds});
  };
  std::string body(run.body_bytes, ' ');
  for (std::size_t i = 0; i < body.size(); ++i)
    body[i] = static_cast<char>('a' + i % 26);
  const auto start = clock::now() + duration(run.warmup);
  const window measured{start, start + duration(run.seconds)};
  std::vector<tally> counted(run.publishers);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < run.publishers; ++i)
      threads.emplace_back([&, i] {
        const std::string subject = std::string{stream_name} + "." + std::to_string(i);
        counted[i] = publish(*clients[i % clients.size()], subject, body, measured);
      });
  }
  tally all;
  for (tally& one : counted)
    all.add(std::move(one));
  std::sort(all.latency_ns.begin(), all.latency_ns.end());
  return all;
}

// --- the report ---------------------------------------------------------------------------------

struct outcome {
  std::string version;
  tally counted;
  std::uint64_t stored = 0;
  double server_cpu_seconds = 0;
  double client_cpu_seconds = 0;
};

/// Returns the smallest latency that at least `quantile` of all do not exceed, in microseconds.
double latency_us(const std::vector<std::uint64_t>& sorted_ns, double quantile) {
  if (sorted_ns.empty())
    return 0;
  const auto rank
    = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(sorted_ns.size())));
  return static_cast<double>(sorted_ns[std::max<std::size_t>(rank, 1) - 1]) / 1e3;
}

std::string render(const options& run, const outcome& seen) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json{buffer};
  json.SetMaxDecimalPlaces(3);
  const auto number = [&](const char* key, double value) {
    json.Key(key);
    json.Double(value);
  };
  const auto count = [&](const char* key, std::uint64_t value) {
    json.Key(key);
    json.Uint64(value);
  };
  const auto text = [&](const char* key, const std::string& value) {
    json.Key(key);
    json.String(value);
  };
  const auto per_message_us = [&](double seconds) {
    return seconds * 1e6 / static_cast<double>(std::max<std::uint64_t>(seen.counted.accepted, 1));
  };
  json.StartObject();
  text("peer", "nats-jetstream");
  text("version", seen.version);
  count("publishers", run.publishers);
  count("connections", run.connections);
  count("body_bytes", run.body_bytes);
  number("seconds", run.seconds);
  number("rate", static_cast<double>(seen.counted.in_window) / run.seconds);
  json.Key("latency_us");
  json.StartObject();
  number("p50", latency_us(seen.counted.latency_ns, 0.5));
  number("p90", latency_us(seen.counted.latency_ns, 0.9));
  number("p99", latency_us(seen.counted.latency_ns, 0.99));
  number("max", latency_us(seen.counted.latency_ns, 1));
  json.EndObject();
  count("accepted", seen.counted.accepted);
  count("stored", seen.stored);
  count("failed", seen.counted.failed);
  if (seen.counted.failed > 0)
    text("first_failure", seen.counted.failure);
  number("server_cpu_us_per_message", per_message_us(seen.server_cpu_seconds));
  number("client_cpu_us_per_message", per_message_us(seen.client_cpu_seconds));
  text("note", "file storage, one replica; acknowledged before the file is synced to disk");
  json.EndObject();
  return buffer.GetString();
}

int measure(options run) {
  const auto program = find_program(run.server);
  if (!program) {
    std::fprintf(stderr, "skipped: no program %s (Debian: nats-server)\n", run.server.c_str());
    return status_skipped;
  }
  run.connections = std::min(run.connections, run.publishers);
  outcome seen;
  const temporary_folder folder{run.store};
  nats_server server{*program, folder.path()};
  {
    const std::string url = server.wait_until_ready();
    seen.version = server.version();
    std::vector<std::unique_ptr<client>> clients;
    for (unsigned i = 0; i < run.connections; ++i)
      clients.push_back(std::make_unique<client>(url));
    add_stream(*clients.front());
    seen.counted = run_publishers(clients, run);
    if (interrupted)
      return status_interrupted;
    seen.stored = stored_messages(*clients.front());
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  seen.client_cpu_seconds = cpu_seconds(used);
  seen.server_cpu_seconds = server.stop();
  std::puts(render(run, seen).c_str());
  const bool well = seen.counted.in_window > 0 && seen.stored == seen.counted.accepted;
  return well ? 0 : status_check_failed;
}

void add_options(CLI::App& app, options& run) {
  app.option_defaults()->always_capture_default();
  app.add_option("--server", run.server, "The server, by path or by name");
  app.add_option("--store", run.store, "Where the temporary store folder is made");
  app.add_option("--publishers", run.publishers, "Threads that publish one by one")
    ->check(CLI::Range(1, 1024));
  app.add_option("--connections", run.connections, "Shared by the publishers")
    ->check(CLI::Range(1, 1024));
  app.add_option("--bytes", run.body_bytes, "Size of a message body")
    ->check(CLI::Range(1, 1'000'000));
  app.add_option("--seconds", run.seconds, "Measured time")->check(CLI::Range(0.1, 600.0));
  app.add_option("--warmup", run.warmup, "Time before it, not measured")
    ->check(CLI::Range(0.0, 600.0));
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures synchronous publishing to NATS JetStream with file storage.\n"
               "Exit status: 0 well, 1 stored and acknowledged differ or nothing was "
               "acknowledged,\n2 the run could not be made, 77 nats-server is not installed.",
               "intermute-bench-nats"};
  options run;
  add_options(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : status_not_run;
  }
  for (const int signal : {SIGINT, SIGTERM})
    std::signal(signal, [](int) { interrupted = true; });
  int status = status_not_run;
  try {
    // The client's locks wait in the kernel at once: to spin first takes the server's processor.
    check(nats_Open(0), "the NATS client library");
    status = measure(run);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "intermute-bench-nats: %s\n", failure.what());
    status = interrupted ? status_interrupted : status_not_run;
  }
  nats_Close();
  return status;
}
