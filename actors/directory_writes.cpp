#include "actors/directory_writes.hpp"

namespace intermute::actors {

void register_context::committed(storage::change&, publication& out) {
  // Answered already (its client is gone) or not: the directory must hear of it either way.
  (void)static_cast<op_of<register_agent>&>(*request()).settle(std::move(reply_));
  out.tell_directory(owner(), {decision_, request()});
}

} // namespace intermute::actors
