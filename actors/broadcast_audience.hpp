#pragma once

#include "actors/agent_snapshot.hpp"
#include "actors/contact_rules.hpp"

#include <string>

namespace intermute::actors {

/// Whom a broadcast of `sender` reaches: every agent of the project in service but the sender,
/// whose contact policy lets it through; no thread opens a door (contract 10). Last seen first.
/// For a reader's thread: it looks at every agent.
[[nodiscard]] base::result<contact_verdicts>
audience_of(const agent_snapshot& known, const std::string& project, const std::string& sender,
            base::wall_time now, storage::reader& from);

} // namespace intermute::actors
