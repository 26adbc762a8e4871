#pragma once

#include "actors/address_book.hpp"
#include "actors/event_feed.hpp"
#include "actors/publication.hpp"
#include "observe/registry.hpp"
#include "storage/reader_pool.hpp"
#include "storage/writer.hpp"

namespace intermute::actors {

/// Tells the actors and the clients what every batch came to; runs on the writer's thread.
class publisher final : public storage::commit_listener {
public:
  /// All outlive the publisher.
  publisher(const address_book& book, event_feed& feed, storage::reader_pool& readers,
            observe::registry& metrics);

  /// Whom to tell of the store's health; set once before the first batch.
  void connect(cell_ptr store_supervisor) { store_supervisor_ = std::move(store_supervisor); }

  void decided(std::vector<storage::change_ptr> batch,
               const storage::batch_report& report) override;

private:
  void tell_health(const storage::batch_report& report);

  const address_book& book_;
  event_feed& feed_;
  storage::reader_pool& readers_;
  observe::histogram& batch_size_;
  observe::histogram& commit_time_;
  observe::counter& stored_;
  observe::counter& rejected_;
  cell_ptr store_supervisor_;
  bool told_ill_ = false;
};

} // namespace intermute::actors
