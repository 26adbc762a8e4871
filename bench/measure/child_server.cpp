#include "bench/measure/child_server.hpp"

#define BOOST_PROCESS_USE_STD_FS 1
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>

namespace intermute::bench {

namespace bp = boost::process;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds start_max{30};
constexpr std::chrono::seconds stop_max{30};

std::string new_folder(const std::string& below) {
  static std::atomic<int> count{0};
  const auto folder
    = fs::path{below} / ("bench-" + std::to_string(getpid()) + "-" + std::to_string(++count));
  fs::create_directories(folder);
  return folder.string();
}

} // namespace

struct child_server::process {
  server_address address;
  std::string folder; ///< Empty when it needs none.
  bp::opstream input; ///< A yardstick ends with it.
  bp::ipstream output;
  bp::child running;
  std::jthread drain; ///< Reads what it prints, so that it never waits for us.

  ~process() {
    std::error_code ignored; // It may have ended by itself.
    if (running.running(ignored)) {
      ::kill(running.id(), SIGTERM);
      if (!running.wait_for(stop_max, ignored))
        running.terminate(ignored);
    }
    running.wait(ignored);
    drain = {};
    if (!folder.empty())
      fs::remove_all(folder, ignored);
  }
};

child_server::child_server(const std::string& program, const std::vector<std::string>& arguments,
                           std::string folder)
  : process_{std::make_unique<process>()} {
  process_->folder = std::move(folder);
  process_->running = bp::child{bp::exe = program, bp::args = arguments,
                                bp::std_in<process_->input, bp::std_out> process_->output,
                                bp::std_err > bp::null, bp::extend::on_exec_setup = [](auto&) {
                                  prctl(PR_SET_PDEATHSIG, SIGTERM); // It never outlives us.
                                }};
  std::promise<std::string> ready;
  auto address = ready.get_future();
  process_->drain = std::jthread{[&output = process_->output, told = std::move(ready)]() mutable {
    bool is_told = false;
    for (std::string row; std::getline(output, row);) { // Ends: with the process.
      const auto at = row.find("http://");
      if (is_told || at == std::string::npos)
        continue;
      told.set_value(row.substr(at + 7));
      is_told = true;
    }
    if (!is_told)
      told.set_value({});
  }};
  if (address.wait_for(start_max) != std::future_status::ready)
    throw std::runtime_error(program + " was not ready in time");
  const auto authority = address.get();
  const auto colon = authority.rfind(':');
  if (colon == std::string::npos)
    throw std::runtime_error(program + " ended before it was ready");
  process_->address = {authority.substr(0, colon), authority.substr(colon + 1)};
}

child_server::child_server(child_server&&) noexcept = default;
child_server::~child_server() = default;

child_server child_server::intermute(const std::string& program, const std::string& work_folder,
                                     const std::vector<std::string>& settings) {
  const auto folder = new_folder(work_folder);
  std::vector<std::string> arguments{"serve",
                                     "--port",
                                     "0",
                                     "--db",
                                     folder + "/bench.db",
                                     "--set",
                                     "auth.keys_file=" + folder + "/keys.yaml"};
  for (const auto& one : settings) {
    arguments.emplace_back("--set");
    arguments.push_back(one);
  }
  return {program, arguments, folder};
}

child_server child_server::yardstick(const std::string& kind, std::size_t body_bytes) {
  const auto self = fs::read_symlink("/proc/self/exe").string();
  return {self, {"yardstick", kind, "--body-bytes", std::to_string(body_bytes)}, {}};
}

const server_address& child_server::address() const noexcept { return process_->address; }

int child_server::pid() const noexcept { return process_->running.id(); }

} // namespace intermute::bench
