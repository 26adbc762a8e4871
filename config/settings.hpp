#pragma once

#include "config/actors_config.hpp"
#include "config/admin_config.hpp"
#include "config/auth_config.hpp"
#include "config/breaker_config.hpp"
#include "config/limits_config.hpp"
#include "config/log_config.hpp"
#include "config/mailboxes_config.hpp"
#include "config/server_config.hpp"
#include "config/storage_config.hpp"
#include "config/websocket_config.hpp"
#include "config/writer_config.hpp"

namespace intermute::config {

/// Everything that can be set. A default-made one holds the defaults.
struct settings {
  server_config server;
  auth_config auth;
  admin_config admin;
  limits_config limits;
  storage_config storage;
  writer_config writer;
  mailboxes_config mailboxes;
  actors_config actors;
  breaker_config breaker;
  websocket_config websocket;
  log_config log;
};

} // namespace intermute::config
