#pragma once

/// Everything that clients ask for and what they get: plain values, filled by transport or by a
/// host. One header per subject.
#include "actors/requests/agents.hpp"
#include "actors/requests/messages.hpp"
#include "actors/requests/reservations.hpp"
