#pragma once

#include "actors/op.hpp"
#include "observe/log.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <exception>
#include <string_view>

namespace intermute::actors {

/// Runs a handler so that no exception leaves it.
///
/// An exception that left a handler would end a CAF actor without a word to whoever waits. Here
/// the op is answered `internal`, the cause is logged, and the actor quits, as its state can no
/// longer be trusted; its supervisor makes a new one from the store.
template <class Self, class Handler>
void guarded(Self& self, const observe::logger& say, std::string_view who, op* what,
             Handler&& handler) {
  try {
    handler();
  } catch (const std::exception& broken) {
    say->error("actor_crashed actor={} op={} why={}", observe::field(who),
               what != nullptr ? to_string(what->kind()) : "none", observe::field(broken.what()));
    if (what != nullptr)
      what->fail({base::errc::internal,
                  "The request met a defect in the server. It is in the log under the request's "
                  "id.",
                  {}});
    self.quit(caf::make_error(caf::sec::runtime_error, broken.what()));
  }
}

} // namespace intermute::actors
