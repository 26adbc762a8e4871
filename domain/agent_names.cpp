#include "domain/agent_names.hpp"

#include <array>
#include <string_view>

namespace intermute::domain {
namespace {

constexpr std::array<std::string_view, 32> manners{
  "Amber",  "Bold",    "Brisk", "Calm",   "Candid", "Careful", "Cheerful", "Clear",
  "Copper", "Curious", "Deft",  "Eager",  "Early",  "Fair",    "Gentle",   "Hardy",
  "Honest", "Ivory",   "Jolly", "Keen",   "Lucid",  "Merry",   "Nimble",   "Patient",
  "Plucky", "Quiet",   "Ready", "Silver", "Steady", "Swift",   "Tidy",     "Wry"};

constexpr std::array<std::string_view, 32> places{
  "Anchor", "Beacon", "Bridge",  "Canal",  "Cedar",  "Cliff",     "Compass", "Delta",
  "Dune",   "Fern",   "Forge",   "Garden", "Harbor", "Lantern",   "Ledger",  "Lighthouse",
  "Meadow", "Mill",   "Orchard", "Pebble", "Quarry", "Reef",      "River",   "Saddle",
  "Signal", "Summit", "Timber",  "Tower",  "Valley", "Watershed", "Willow",  "Workshop"};

constexpr std::array<std::string_view, 16> trades{
  "Baker", "Binder", "Carver",  "Drafter", "Fitter",  "Gardener", "Joiner", "Keeper",
  "Mason", "Miller", "Painter", "Pilot",   "Printer", "Ranger",   "Tinker", "Weaver"};

} // namespace

std::uint64_t generated_name_count() noexcept {
  return manners.size() * places.size() * trades.size();
}

std::string generated_name(std::uint64_t number) {
  const auto round = number / generated_name_count();
  const auto within = number % generated_name_count();
  std::string name{manners[within % manners.size()]};
  name += ' ';
  name += places[within / manners.size() % places.size()];
  name += ' ';
  name += trades[within / (manners.size() * places.size())];
  if (round > 0)
    name += ' ' + std::to_string(round + 1);
  return name;
}

} // namespace intermute::domain
