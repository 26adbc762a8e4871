#include "cli/startup_text.hpp"

#include "base/version.hpp"
#include "storage/sqlite/open.hpp"

namespace intermute::cli {
namespace {

std::string base_url(const config::settings& settings, std::uint16_t port) {
  const auto& host = settings.server.host;
  const auto named = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return "http://" + named + ':' + std::to_string(port);
}

std::string auth_text(const config::settings& settings, const config::keyring& keys) {
  auto text = keys.allow_localhost ? std::string{"this machine without a key, others with one of "}
                                   : std::string{"with one of "};
  text += std::to_string(keys.size());
  text += keys.size() == 1 ? " key" : " keys";
  if (settings.auth.require_agent_token)
    text += "; writes need the agent's token";
  return text;
}

std::string operators_text(const config::settings& settings, const config::keyring& keys) {
  if (keys.has_operators())
    return "with an operator's key";
  return settings.admin.allow_localhost ? "this machine, naming no agent" : "nobody over TCP";
}

} // namespace

std::string startup_text(const config::settings& settings, const config::keys_file& keys,
                         std::uint16_t port) {
  const auto url = base_url(settings, port);
  std::string text = "intermute ready on " + url + '\n';
  const auto line = [&](std::string_view name, const std::string& value) {
    text.append("  ").append(name).append(10 - name.size(), ' ').append(value).append("\n");
  };
  line("version", std::string{base::version});
  if (!settings.server.socket.empty())
    line("socket", settings.server.socket);
  line("database", settings.storage.path);
  line("keys", keys.path.string());
  if (keys.made_project)
    line("new key", keys.made_key + " for the project " + *keys.made_project);
  line("let in", auth_text(settings, keys.keys));
  line("try", "curl " + url + "/health");
  line("stop", "Ctrl-C");
  return text;
}

void log_startup(spdlog::logger& to, const config::settings& settings,
                 const config::keys_file& keys, std::uint16_t port) {
  using observe::field;
  if (keys.made_project)
    to.info("keys_file_made path={} project={} key={}", field(keys.path.string()),
            field(*keys.made_project), keys.made_key);
  to.info("server_version version={} sqlite={}", base::version, storage::sqlite_version());
  to.info("server_listening url={} socket={}", base_url(settings, port),
          field(settings.server.socket));
  to.info("server_auth mode={} keys={} operators={} agent_token={} path={}",
          field(auth_text(settings, keys.keys)), keys.keys.size(),
          field(operators_text(settings, keys.keys)),
          settings.auth.require_agent_token ? "required" : "optional", field(keys.path.string()));
  to.info("server_storage path={} schema={} synchronous={}", field(settings.storage.path),
          storage::sqlite_schema_version(),
          config::synchronous_names[static_cast<std::size_t>(settings.storage.synchronous)]);
  for (const auto& row : config::mailbox_classes)
    to.info("server_limit mailbox={} capacity={}", row.name, settings.mailboxes.capacity(row.id));
  to.info("server_limit connections={} body_bytes={} reservations_per_agent={} "
          "broadcasts_per_minute={}",
          settings.server.connections_max, settings.server.body_bytes_max,
          settings.limits.reservations_per_agent, settings.limits.broadcasts_per_minute);
}

} // namespace intermute::cli
