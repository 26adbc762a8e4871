#pragma once

#include "config/storage_config.hpp"
#include "storage/sqlite/open.hpp"

namespace intermute::embed {

/// Returns how a server with these settings opens its file. An empty path is not resolved.
[[nodiscard]] inline storage::sqlite_options store_options(const config::storage_config& from) {
  storage::sqlite_options made;
  made.path = from.path;
  made.full_sync = from.synchronous == config::synchronous_mode::full;
  made.page_bytes = config::bytes_of(from.page_kib);
  made.cache_kib = from.cache_kib;
  made.checkpoint_pages = from.checkpoint_pages;
  made.busy_timeout = from.busy_timeout_ms;
  return made;
}

} // namespace intermute::embed
