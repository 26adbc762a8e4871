#pragma once

namespace intermute::config {

/// Who may operate the server.
/// `docs/config.md` has one row per member, in this order.
struct admin_config {
  /// Callers on loopback that name no agent are operators, until the keys file has an operator's
  /// key. Live.
  bool allow_localhost = true;
};

} // namespace intermute::config
