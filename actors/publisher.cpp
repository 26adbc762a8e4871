#include "actors/publisher.hpp"

#include "actors/change_log.hpp"

namespace intermute::actors {

publisher::publisher(const address_book& book, event_feed& feed, storage::reader_pool& readers,
                     observe::registry& metrics)
  : book_(book), feed_(feed), readers_(readers),
    batch_size_(metrics.add_histogram("intermute_writer_batch_changes",
                                      "Changes that one transaction took from the ring.",
                                      {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
    commit_time_(metrics.add_histogram("intermute_writer_commit_seconds",
                                       "From the begin of a batch to the end of its commit.",
                                       observe::latency_bounds())),
    stored_(metrics.add_counter("intermute_writer_changes_stored_total",
                                "Changes that are on the disk.")),
    rejected_(metrics.add_counter("intermute_writer_changes_rejected_total",
                                  "Changes that a storage fault, their own or an earlier one of "
                                  "the same owner, kept from the disk.")) {}

void publisher::decided(std::vector<storage::change_ptr> batch,
                        const storage::batch_report& report) {
  batch_size_.Observe(static_cast<double>(report.changes));
  commit_time_.Observe(std::chrono::duration<double>(report.commit).count());
  publication out{book_, feed_};
  std::size_t stored = 0;
  for (auto& one : batch) {
    auto& context = static_cast<write_context&>(*one->context);
    context.release_place();
    if (one->failure) {
      context.rejected(*one, out);
    } else {
      context.committed(*one, out);
      ++stored;
    }
  }
  stored_.Increment(static_cast<double>(stored));
  rejected_.Increment(static_cast<double>(batch.size() - stored));
  readers_.hold(report.uncertain); // What is not known to be durable must not be seen.
  tell_health(report);
  out.deliver();
}

void publisher::tell_health(const storage::batch_report& report) {
  // A change that the store refuses for its own sake says nothing of the store.
  const bool well = !report.fault || !base::is_storage_fault(report.fault->code);
  if (well && !told_ill_)
    return;
  told_ill_ = !well;
  if (store_supervisor_ != nullptr)
    store_supervisor_->notify(
      caf::make_message(store_note{well, report.uncertain, well ? base::error{} : *report.fault}));
}

} // namespace intermute::actors
