#pragma once

#include "actors/requests.hpp"
#include "base/clock.hpp"
#include "storage/reader_pool.hpp"

namespace intermute::actors {

/// Answers what memory does not hold from one snapshot of the store, on a reader's thread.
/// Read-your-writes holds: whatever was answered is on the disk.
class cold_reads {
public:
  /// Both outlive it.
  cold_reads(storage::reader_pool& readers, const base::clock& clock)
    : readers_(readers), clock_(clock) {}

  void answer(op_of<read_inbox>& what) const;
  void answer(op_of<list_stale_acks>& what) const;
  void answer(op_of<list_threads>& what) const;
  void answer(op_of<read_thread>& what) const;
  void answer(op_of<read_topic>& what) const;
  void answer(op_of<get_message>& what) const;
  void answer(op_of<list_projects>& what) const;
  /// An agent's history; a project's active ones are its table's to tell.
  void answer(op_of<list_reservations>& what) const;

  /// Runs `look(reader)` on a reader's thread, unless the deadline of `what` passes before; a full
  /// queue refuses `what` with `mailbox_full` at once.
  template <class Look>
  void run(op_ptr what, Look look) const {
    auto job = [what, look = std::move(look), &clock = clock_](storage::reader& from) {
      if (what->expired(clock.steady()))
        what->fail(too_late());
      else
        look(from);
    };
    if (!readers_.submit(std::move(job)))
      what->fail(full());
  }

  /// What a request is refused with when the queue of reads is full.
  [[nodiscard]] static base::error full();

private:
  [[nodiscard]] static base::error too_late();

  storage::reader_pool& readers_;
  const base::clock& clock_;
};

} // namespace intermute::actors
