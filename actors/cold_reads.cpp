#include "actors/cold_reads.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;

/// Has `read(request, reader)` make the reply, and answers with it or with why it could not.
template <class Request, class Read>
void answer_with(const cold_reads& reads, op_of<Request>& what, Read read) {
  reads.run(op_ptr{&what},
            [asked = caf::intrusive_ptr<op_of<Request>>{&what}, read](storage::reader& from) {
              base::result<typename Request::reply> found = read(asked->request, from);
              if (found)
                asked->answer(std::move(*found));
              else
                asked->fail(found.why());
            });
}

} // namespace

base::error cold_reads::too_late() {
  return {errc::deadline_exceeded,
          "The request waited longer than its deadline. Nothing of it was done.", "reader"};
}

base::error cold_reads::full() {
  return {errc::mailbox_full,
          "Too many reads of the store wait. Repeat the request after Retry-After.", "reader"};
}

void cold_reads::answer(op_of<read_inbox>& what) const {
  answer_with(*this, what,
              [](const read_inbox& asked, storage::reader& from) -> base::result<inbox_page> {
                auto found = from.inbox(asked.query);
                if (!found)
                  return found.why();
                return inbox_page{std::move(*found)};
              });
}

void cold_reads::answer(op_of<list_stale_acks>& what) const {
  const auto now = clock_.wall();
  answer_with(
    *this, what,
    [now](const list_stale_acks& asked, storage::reader& from) -> base::result<stale_ack_list> {
      const auto age = std::chrono::nanoseconds{asked.ttl};
      // A ttl that reaches back beyond all time finds nothing.
      const auto before = now.time_since_epoch() > age ? now - age : base::wall_time{};
      auto found = from.stale_acks(asked.project, asked.agent, before, asked.limit);
      if (!found)
        return found.why();
      return stale_ack_list{std::move(*found), now};
    });
}

void cold_reads::answer(op_of<list_threads>& what) const {
  answer_with(*this, what,
              [](const list_threads& asked, storage::reader& from) -> base::result<thread_list> {
                auto found = from.threads(asked.project, asked.agent, asked.below, asked.limit);
                if (!found)
                  return found.why();
                return thread_list{std::move(*found)};
              });
}

void cold_reads::answer(op_of<read_thread>& what) const {
  answer_with(*this, what,
              [](const read_thread& asked, storage::reader& from) -> base::result<message_list> {
                auto found = from.thread(asked.project, asked.thread_id, asked.since, asked.limit);
                if (!found)
                  return found.why();
                return message_list{std::move(*found)};
              });
}

void cold_reads::answer(op_of<read_topic>& what) const {
  answer_with(
    *this, what, [](const read_topic& asked, storage::reader& from) -> base::result<message_list> {
      auto found
        = from.topic(asked.project, domain::normal_topic(asked.topic), asked.since, asked.limit);
      if (!found)
        return found.why();
      return message_list{std::move(*found)};
    });
}

void cold_reads::answer(op_of<get_message>& what) const {
  answer_with(
    *this, what,
    [](const get_message& asked, storage::reader& from) -> base::result<domain::placed_message> {
      auto found = from.message(asked.project, asked.message_id);
      if (found && found->message == nullptr)
        return base::error{errc::message_not_found,
                           "No message of this id is in the project. Name the project it was sent "
                           "in.",
                           "id"};
      return found;
    });
}

void cold_reads::answer(op_of<list_projects>& what) const {
  answer_with(*this, what,
              [](const list_projects& asked, storage::reader& from) -> base::result<project_list> {
                project_list told;
                auto found = from.projects(asked.after, asked.within ? 100'000 : asked.limit + 1);
                if (!found)
                  return found.why();
                told.projects = std::move(*found);
                if (asked.within)
                  std::erase_if(told.projects,
                                [&](const auto& one) { return one.project != *asked.within; });
                told.more = told.projects.size() > asked.limit;
                if (told.more)
                  told.projects.resize(asked.limit);
                return told;
              });
}

void cold_reads::answer(op_of<list_reservations>& what) const {
  const auto now = clock_.wall();
  answer_with(
    *this, what,
    [now](const list_reservations& asked, storage::reader& from) -> base::result<reservation_list> {
      auto found = from.reservations_of(*asked.agent_id);
      if (!found)
        return found.why();
      if (asked.within)
        std::erase_if(*found, [&](const auto& one) { return one.project != *asked.within; });
      return reservation_list{std::move(*found), now};
    });
}

} // namespace intermute::actors
