#include "actors/sweeper.hpp"

#include "actors/guarded.hpp"

namespace intermute::actors {
namespace {

constexpr std::chrono::milliseconds retry_pause{100};
constexpr std::chrono::minutes pause{1};

/// Starts the tables; false when one found no room.
bool start_tables(address_book& book, const std::vector<std::string>& projects) {
  bool all = true;
  for (const auto& project : projects) {
    const auto table = book.reservations(project);
    if (table != nullptr)
      table->ensure_started();
    all &= table != nullptr;
  }
  return all;
}

} // namespace

sweeper::sweeper(caf::actor_config& config, cell_ptr address, const services& deps,
                 address_book& book)
  : bounded(config, std::move(address)), deps_(deps), book_(book) {}

sweeper::behavior_type sweeper::make_behavior() {
  look();
  return {
    [this](retry_note) { guarded(*this, deps_.say, name(), nullptr, [&] { look(); }); },
    [this](tables_started found) {
      if (found.all)
        delayed_send<caf::message_priority::high>(this, pause, retry_note{});
      else
        delayed_send<caf::message_priority::high>(this, retry_pause, retry_note{});
    },
  };
}

void sweeper::look() {
  auto job = [to = address(), &book = book_](storage::reader& from) {
    const auto projects = from.projects_with_reservations();
    to->notify(caf::make_message(tables_started{projects && start_tables(book, *projects)}));
  };
  if (!deps_.readers.submit(std::move(job)))
    delayed_send<caf::message_priority::high>(this, retry_pause, retry_note{});
}

} // namespace intermute::actors
