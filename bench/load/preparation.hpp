#pragma once

#include "bench/load/blocking_client.hpp"
#include "bench/load/hold_book.hpp"
#include "bench/load/request_plan.hpp"

namespace intermute::bench {

/// Makes the server hold what the workload reads: full inboxes, registered agents, reservations.
/// @throws boost::system::system_error, std::runtime_error  When the server refuses.
void prepare(request_plan& plan, blocking_client& client);

} // namespace intermute::bench
