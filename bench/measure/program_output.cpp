#include "bench/measure/program_output.hpp"

#define BOOST_PROCESS_USE_STD_FS 1
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>

namespace intermute::bench {

namespace bp = boost::process;

std::string output_of(const std::string& program, const std::vector<std::string>& arguments) {
  bp::ipstream output;
  bp::child running{bp::exe = program, bp::args = arguments, bp::std_out > output,
                    bp::std_err > bp::null, bp::std_in < bp::null};
  std::string text;
  for (std::string row; std::getline(output, row);) // Ends: with the program.
    text += row + "\n";
  running.wait();
  return running.exit_code() == 0 ? text : std::string{};
}

} // namespace intermute::bench
