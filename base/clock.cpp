#include "base/clock.hpp"

#include <array>
#include <cstdio>

namespace intermute::base {
namespace {

class machine_clock final : public clock {
public:
  steady_time steady() const override { return std::chrono::steady_clock::now(); }
  wall_time wall() const override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
};

/// Writes `YYYY-MM-DDTHH:MM:SS` and returns the nanoseconds left over.
std::int64_t write_seconds(wall_time at, std::string& to) {
  using namespace std::chrono;
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const auto whole = floor<seconds>(at - day);
  const hh_mm_ss clock_time{whole};
  std::array<char, 64> text{};
  const auto length = std::snprintf(
    text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
    static_cast<int>(clock_time.hours().count()), static_cast<int>(clock_time.minutes().count()),
    static_cast<int>(clock_time.seconds().count()));
  to.assign(text.data(), static_cast<std::size_t>(length));
  return (at - day - whole).count();
}

} // namespace

const clock& system_clock() noexcept {
  static const machine_clock machine;
  return machine;
}

std::string rfc3339(wall_time at) {
  std::string text;
  auto rest = write_seconds(at, text);
  if (rest != 0) {
    std::array<char, 11> digits{};
    for (std::size_t i = 9; i >= 1; --i) { // Ends: nine digits, from the last to the first.
      digits[i] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    }
    digits[0] = '.';
    std::size_t length = 10;
    while (digits[length - 1] == '0') // Ends: at least one digit is not zero.
      --length;
    text.append(digits.data(), length);
  }
  text.push_back('Z');
  return text;
}

std::string rfc3339_seconds(wall_time at) {
  std::string text;
  (void)write_seconds(at, text);
  text.push_back('Z');
  return text;
}

} // namespace intermute::base
