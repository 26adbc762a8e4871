#include "base/error.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace intermute::base {
namespace {

constexpr errc code_at(std::size_t i) { return static_cast<errc>(i); }

bool is_snake_case(std::string_view name) {
  const auto plain
    = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), plain) && name.front() != '_'
         && name.back() != '_' && name.find("__") == std::string_view::npos;
}

} // namespace

TEST_CASE("every error code has a name of its own in snake case") {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < errc_count; ++i) {
    const auto name = to_string(code_at(i));
    CAPTURE(i, name);
    REQUIRE(is_snake_case(name));
    REQUIRE(seen.insert(name).second);
  }
  REQUIRE(seen.size() == errc_count);
}

TEST_CASE("released names stay as they are") {
  REQUIRE(to_string(errc::invalid_json) == "invalid_json");
  REQUIRE(to_string(errc::request_timeout) == "request_timeout");
  REQUIRE(to_string(errc::mailbox_full) == "mailbox_full");
  REQUIRE(to_string(errc::storage_unavailable) == "storage_unavailable");
  REQUIRE(to_string(errc::internal) == "internal");
}

TEST_CASE("each code belongs to the fault under which the header lists it") {
  for (std::size_t i = 0; i < errc_count; ++i) {
    const auto code = code_at(i);
    CAPTURE(to_string(code));
    if (code <= errc::request_timeout)
      REQUIRE(fault_of(code) == fault::caller);
    else if (code <= errc::idempotency_in_progress)
      REQUIRE(fault_of(code) == fault::state);
    else if (code <= errc::shutting_down)
      REQUIRE(fault_of(code) == fault::busy);
    else
      REQUIRE(fault_of(code) == fault::broken);
  }
}

TEST_CASE("a breaker counts what the store itself did, nothing else") {
  constexpr std::array counted{errc::storage_busy, errc::storage_full, errc::storage_corrupt,
                               errc::storage_failed, errc::outcome_unknown};
  for (std::size_t i = 0; i < errc_count; ++i) {
    const auto code = code_at(i);
    CAPTURE(to_string(code));
    const bool wanted = std::find(counted.begin(), counted.end(), code) != counted.end();
    REQUIRE(is_storage_fault(code) == wanted);
  }
}

TEST_CASE("the refusal of an open breaker does not count for it") {
  REQUIRE_FALSE(is_storage_fault(errc::storage_unavailable));
}

} // namespace intermute::base
