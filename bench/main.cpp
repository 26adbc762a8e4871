#include "bench/driver.hpp"
#include "bench/report.hpp"

#include <boost/system/system_error.hpp>

#include <cstdio>
#include <exception>

using namespace intermute::bench;

/// Exits 0 when all is well, 1 when a promise was seen broken or nothing was answered, 2 when the
/// run could not be made.
int main(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (parsed.leave)
    return parsed.exit_code;
  const options& run = parsed.run;
  try {
    const run_result result = run_load(run);
    const std::string text = run.json ? render_json(run, result) : render_table(run, result);
    std::fputs(text.c_str(), stdout);
    const bool well = result.counted.broken_promises.none() && result.counted.requests() > 0;
    return well ? 0 : 1;
  } catch (const boost::system::system_error& failure) {
    std::fprintf(stderr, "intermute-load: %s: %s\n", run.server.authority().c_str(),
                 failure.code().message().c_str());
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "intermute-load: %s\n", failure.what());
    return 2;
  }
}
