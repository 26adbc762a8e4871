#include "actors/cold_page.hpp"

namespace intermute::actors {

using base::errc;

void read_from_store(op_of<read_inbox>& what, const services& deps) {
  auto job = [asked = caf::intrusive_ptr<op_of<read_inbox>>{&what},
              &clock = deps.clock](storage::reader& from) {
    if (asked->expired(clock.steady()))
      return asked->fail({errc::deadline_exceeded,
                          "The request waited longer than its deadline. Nothing of it was done.",
                          "reader"});
    auto found = from.inbox(asked->request.query);
    if (found)
      asked->answer({std::move(*found)});
    else
      asked->fail(found.why());
  };
  if (!deps.readers.submit(std::move(job)))
    what.fail({errc::mailbox_full,
               "Too many reads of the store wait. Repeat the request after Retry-After.",
               "reader"});
}

} // namespace intermute::actors
