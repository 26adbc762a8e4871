#include "base/version.hpp"
#include "bench/commands/commands.hpp"

#include <boost/system/system_error.hpp>

#include <cstdio>
#include <exception>
#include <string>

using namespace intermute::bench;

/// Exits 0 when all is well, 1 when a promise was seen broken, a check failed or nothing was
/// answered, 2 when the command could not be carried out.
int main(int argc, char** argv) {
  CLI::App app{"Measures a coordination server (contract v0) and checks what it answers.",
               "intermute-bench"};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_version_flag("--version", "intermute-bench " + std::string{intermute::base::version});
  int status = 0;
  add_run_command(app, status);
  add_scenario_command(app, status);
  add_curve_command(app, status);
  add_search_command(app, status);
  add_compare_command(app, status);
  add_guard_command(app, status);
  add_growth_command(app, status);
  add_sweep_command(app, status);
  add_micro_command(app, status);
  add_yardstick_command(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : 2;
  } catch (const boost::system::system_error& failure) {
    std::fprintf(stderr, "intermute-bench: %s\n", failure.what());
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "intermute-bench: %s\n", failure.what());
    return 2;
  }
  return status;
}
