#include "cli/seed.hpp"

#include "base/text.hpp"
#include "cli/access.hpp"
#include "cli/fixture.hpp"
#include "cli/json.hpp"
#include "cli/printable.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace intermute::cli {
namespace {

namespace fs = std::filesystem;
using client::answer;

base::error failed(std::string why) { return {base::errc::invalid_request, std::move(why), {}}; }

/// An agent of the world as it is on the server.
struct seeded {
  std::string agent_id;
  std::string token; ///< Empty when it was registered before.
};

/// How many of a kind were made, and how many were there.
struct tally {
  std::size_t made = 0;
  std::size_t kept = 0;
};

/// Puts one world into one server. Stops at the first failure.
class seeder {
public:
  seeder(const fixture& world, client::client& server, std::string project)
    : world_(world), server_(server), project_(std::move(project)) {}

  base::result<void> run() {
    using step = base::result<void> (seeder::*)();
    for (const step next : {&seeder::register_agents, &seeder::set_contacts, &seeder::reserve,
                            &seeder::send, &seeder::broadcast})
      if (auto done = (this->*next)(); !done)
        return done;
    return {};
  }

  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string json() const;

private:
  /// One request on behalf of an agent; its token goes along when it is known.
  base::result<answer> call(const std::string& method, const std::string& target,
                            const std::string& body = {}, const std::string& alias = {}) {
    client::request what{method, target, body, {}, {}};
    if (const auto acting = agents_.find(alias);
        acting != agents_.end() && !acting->second.token.empty()) {
      what.agent = acting->second.agent_id;
      what.agent_token = acting->second.token;
    }
    auto got = server_.call(what);
    const auto asked = method + ' ' + target.substr(0, target.find('?'));
    if (got.how != client::outcome::answered)
      return failed(asked + ": no answer from " + server_.server().text() + " ("
                    + printable(got.why) + ")");
    if (got.status < 200 || got.status > 299)
      return failed(asked + ": " + refusal_text(got));
    return got;
  }

  [[nodiscard]] std::string agent_path(const std::string& alias) const {
    return "/api/agents/" + client::escaped(agents_.at(alias).agent_id);
  }

  [[nodiscard]] std::vector<std::string> ids(const std::vector<std::string>& aliases) const {
    std::vector<std::string> found;
    for (const auto& alias : aliases)
      found.push_back(agents_.at(alias).agent_id);
    return found;
  }

  base::result<void> register_agents() {
    auto listed = call("GET", "/api/agents?project=" + client::escaped(project_));
    if (!listed)
      return listed.why();
    const auto there = json_object::parse(listed->body).objects("agents");
    for (const auto& one : world_.agents) {
      if (auto id = oldest_of(there, one.name); !id.empty()) {
        agents_[one.alias] = {std::move(id), {}};
        ++counts_["agents"].kept;
        continue;
      }
      auto made = call("POST", "/api/agents", registration(one));
      if (!made)
        return made.why();
      const auto reply = json_object::parse(made->body);
      agents_[one.alias] = {reply.text("agent_id"), reply.text("token")};
      ++counts_["agents"].made;
    }
    return {};
  }

  /// The id of the agent of that name that was first there, so that a second one changes nothing.
  static std::string oldest_of(const std::vector<json_object>& agents, const std::string& name) {
    std::pair<std::string, std::string> best;
    for (const auto& one : agents)
      if (const std::pair at{one.text("created_at"), one.text("agent_id")};
          one.text("name") == name && (best.second.empty() || at < best))
        best = at;
    return best.second;
  }

  [[nodiscard]] std::string registration(const fixture::agent& of) const {
    json_writer body;
    body.add("name", of.name).add("project", project_).add_if("status", of.status);
    body.add_if("capabilities", of.capabilities);
    if (!of.metadata.empty()) {
      body.begin("metadata");
      for (const auto& [name, value] : of.metadata)
        body.add(name.c_str(), value);
      body.end();
    }
    return body.text();
  }

  base::result<void> set_contacts() {
    for (const auto& one : world_.agents) {
      for (const auto& contact : ids(one.contacts))
        if (auto set = call("PUT", agent_path(one.alias) + "/contacts/" + client::escaped(contact),
                            {}, one.alias);
            !set)
          return set.why();
      if (one.policy.empty() && one.live_policy.empty())
        continue;
      json_writer body;
      body.add_if("policy", one.policy).add_if("live_contact_policy", one.live_policy);
      if (auto set = call("POST", agent_path(one.alias) + "/policy", body.text(), one.alias); !set)
        return set.why();
    }
    return {};
  }

  base::result<void> reserve() {
    for (const auto& one : world_.reservations) {
      const auto& id = agents_.at(one.agent).agent_id;
      auto held = call("GET", "/api/reservations?agent=" + client::escaped(id), {}, one.agent);
      if (!held)
        return held.why();
      if (is_held(json_object::parse(held->body), one)) {
        ++counts_["reservations"].kept;
        continue;
      }
      json_writer body;
      body.add("agent_id", id).add("project", project_).add("path_pattern", one.pattern);
      body.add("exclusive", one.exclusive).add_if("reason", one.reason);
      if (one.ttl_minutes)
        body.add("ttl_minutes", *one.ttl_minutes);
      if (auto made = call("POST", "/api/reservations", body.text(), one.agent); !made)
        return made.why();
      ++counts_["reservations"].made;
    }
    return {};
  }

  [[nodiscard]] bool is_held(const json_object& list, const fixture::reservation& wanted) const {
    return std::ranges::any_of(list.objects("reservations"), [&](const json_object& one) {
      return one.is_true("is_active") && one.text("project") == project_
             && one.text("path_pattern") == wanted.pattern
             && one.is_true("exclusive") == wanted.exclusive;
    });
  }

  [[nodiscard]] std::string wire_id(const fixture::message& of) const {
    return world_.world + '.' + of.id;
  }

  base::result<void> send() {
    for (const auto& one : world_.messages) {
      json_writer body;
      body.add("id", wire_id(one)).add("project", project_);
      body.add("from", agents_.at(one.from).agent_id).add("to", ids(one.to));
      body.add_if("cc", ids(one.cc)).add_if("bcc", ids(one.bcc));
      body.add_if("thread_id", one.thread).add_if("topic", one.topic);
      body.add_if("subject", one.subject).add("body", one.body);
      body.add_if("importance", one.importance).add("ack_required", one.ack_required);
      auto sent = call("POST", "/api/messages", body.text(), one.from);
      if (!sent)
        return sent.why();
      ++(sent->replay ? counts_["messages"].kept : counts_["messages"].made);
    }
    return {};
  }

  base::result<void> broadcast() {
    for (const auto& one : world_.broadcasts) {
      auto there = is_broadcast(one);
      if (!there)
        return there.why();
      if (*there) {
        ++counts_["broadcasts"].kept;
        continue;
      }
      json_writer body;
      body.add("from", agents_.at(one.from).agent_id).add("project", project_);
      body.add("topic", one.topic).add_if("subject", one.subject).add("body", one.body);
      if (auto made = call("POST", "/api/broadcast", body.text(), one.from); !made)
        return made.why();
      ++counts_["broadcasts"].made;
    }
    return {};
  }

  /// Whether somebody of the world has it: a broadcast has no id that one could choose.
  base::result<bool> is_broadcast(const fixture::broadcast& what) {
    const auto& sender = agents_.at(what.from).agent_id;
    for (const auto& [alias, reader] : agents_) {
      std::uint64_t since = 0;
      for (;;) { // Ends: every page begins behind the one before, and the last one is empty.
        auto page = call("GET",
                         "/api/inbox/" + client::escaped(reader.agent_id)
                           + "?project=" + client::escaped(project_)
                           + "&limit=1000&since_cursor=" + std::to_string(since),
                         {}, alias);
        if (!page)
          return page.why();
        const auto parsed = json_object::parse(page->body);
        const auto messages = parsed.objects("messages");
        if (std::ranges::any_of(messages, [&](const json_object& one) {
              return one.text("from") == sender && one.text("topic") == base::lowered(what.topic)
                     && one.text("subject") == what.subject && one.text("body") == what.body;
            }))
          return true;
        const auto next = parsed.number("cursor").value_or(0);
        if (messages.empty() || next <= since)
          break;
        since = next;
      }
    }
    return false;
  }

  const fixture& world_;
  client::client& server_;
  std::string project_;
  std::map<std::string, seeded> agents_; ///< By alias.
  std::map<std::string, tally> counts_;  ///< By kind.
};

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text + "  ";
}

std::string seeder::table() const {
  std::size_t alias_width = 5;
  std::size_t id_width = 8;
  for (const auto& [alias, one] : agents_) {
    alias_width = std::max(alias_width, alias.size());
    id_width = std::max(id_width, one.agent_id.size());
  }
  auto text = "World " + printable(world_.world) + " in project " + printable(project_) + " at "
              + server_.server().text() + "\n\n" + padded("ALIAS", alias_width)
              + padded("AGENT ID", id_width) + "TOKEN\n";
  for (const auto& one : world_.agents) {
    const auto& agent = agents_.at(one.alias);
    text += padded(printable(one.alias), alias_width) + padded(printable(agent.agent_id), id_width)
            + (agent.token.empty() ? "(registered before)" : printable(agent.token)) + '\n';
  }
  text += '\n';
  for (const auto& [kind, count] : counts_)
    text += padded(kind, 12) + std::to_string(count.made) + " new, " + std::to_string(count.kept)
            + " there already\n";
  return text;
}

std::string seeder::json() const {
  json_writer all;
  all.add("world", world_.world).add("project", project_).add("url", server_.server().text());
  all.begin("agents");
  for (const auto& one : world_.agents) {
    const auto& agent = agents_.at(one.alias);
    all.begin(one.alias).add("agent_id", agent.agent_id).add("name", one.name);
    if (agent.token.empty())
      all.add_null("token");
    else
      all.add("token", agent.token);
    all.end();
  }
  all.end().begin("messages");
  for (const auto& one : world_.messages)
    all.add(one.id.c_str(), wire_id(one));
  all.end().begin("new");
  for (const auto& [kind, count] : counts_)
    all.add(kind.c_str(), static_cast<std::uint64_t>(count.made));
  all.end();
  return all.text() + '\n';
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + printable(name);
  return text.empty() ? "there are none" : text;
}

/// What `--list` prints: each world with the line it says about itself.
base::result<std::string> list_of(const fs::path& folder) {
  std::size_t width = 0;
  const auto names = worlds_in(folder);
  for (const auto& name : names)
    width = std::max(width, name.size());
  std::string text;
  for (const auto& name : names) {
    auto world = read_fixture(folder / (name + ".yaml"));
    if (!world)
      return world.why();
    text += padded(printable(name), width) + printable(world->about) + '\n';
  }
  return text;
}

base::result<fs::path> folder_of(const config::seed_command& command) {
  if (!command.directory.empty())
    return fs::path{command.directory};
  auto own = own_fixtures();
  if (!own)
    return failed("no worlds came with this program; name their folder with --dir");
  return std::move(*own);
}

/// The text for stdout.
base::result<std::string> run(const config::seed_command& command, const config::environment& env) {
  const auto folder = folder_of(command);
  if (!folder)
    return folder.why();
  if (command.list)
    return list_of(*folder);
  const auto names = worlds_in(*folder);
  if (std::ranges::find(names, command.name) == names.end())
    return failed("no world is called " + base::quoted(command.name) + " in " + folder->string()
                  + "; known: " + names_text(names));
  const auto world = read_fixture(*folder / (command.name + ".yaml"));
  if (!world)
    return world.why();
  auto with = access_of(command.url, command.project, {}, env);
  if (!with)
    return with.why();
  client::client server{with->server, with->who, false};
  seeder work{*world, server, command.project.empty() ? world->project : command.project};
  if (auto done = work.run(); !done)
    return done.why();
  return command.json ? work.json() : work.table();
}

} // namespace

config::command_result seed(const config::seed_command& command, const config::environment& env) {
  const auto text = run(command, env);
  if (!text)
    return {1, {}, "Error: " + text.why().detail + '\n', {}};
  return {0, *text, {}, {}};
}

} // namespace intermute::cli
