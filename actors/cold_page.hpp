#pragma once

#include "actors/requests.hpp"
#include "actors/services.hpp"

namespace intermute::actors {

/// Has the reader pool answer `what` from one snapshot of the store; a full pool answers it with
/// `mailbox_full` at once. For pages that are not in memory, and those that span projects.
void read_from_store(op_of<read_inbox>& what, const services& deps);

} // namespace intermute::actors
