#include "cli/watch.hpp"

#include "cli/access.hpp"
#include "cli/backoff.hpp"
#include "cli/event_text.hpp"
#include "cli/json.hpp"
#include "cli/printable.hpp"

#include <cstdio>
#include <ctime>
#include <iostream>
#include <limits>
#include <optional>

namespace intermute::cli {
namespace {

using client::answer;
using client::outcome;

constexpr auto newest
  = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()); // The server clamps it.

/// Whether the same request may work later.
bool may_pass(const answer& from) {
  constexpr unsigned request_timeout = 408;
  constexpr unsigned too_early = 425;
  constexpr unsigned too_many = 429;
  return from.how == outcome::lost || from.status == request_timeout || from.status == too_early
         || from.status == too_many || from.status >= 500;
}

/// An HTTP date as RFC 3339 writes it, without "Z"; empty when it is none.
std::string rfc3339_of(const std::string& http_date) {
  std::tm at{};
  char text[sizeof "2026-11-22T13:38:44"];
  if (::strptime(http_date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &at) == nullptr
      || std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &at) == 0)
    return {};
  return text;
}

/// One run of `intermute watch`.
class watcher {
public:
  watcher(const config::watch_command& command, const access& with)
    : command_(command), with_(with), server_(with.server, with.who, true),
      pause_(base::system_entropy()) {
    if (command.since)
      place_ = {*command.since, {}};
  }

  int run() {
    for (;;) { // Ends: interrupted, refused, or all events were shown.
      const auto why = attempt();
      if (exit_code_)
        return *exit_code_;
      const auto pause = pause_.next();
      say(why + "; trying again in " + std::to_string((pause.count() + 500) / 1'000) + " s");
      if (!server_.wait(pause))
        return 0;
    }
  }

private:
  /// Where to go on: behind this cursor. While no event was seen it is that of the newest message,
  /// and other events that are older than `not_before` are none of ours.
  struct position {
    std::uint64_t cursor = 0;
    std::string not_before; ///< RFC 3339 to the second, or empty.
  };

  /// Connects and shows events until something ends it. @returns What that was.
  std::string attempt() {
    if (!place_ || !joined_) {
      if (auto why = find_place(); !why.empty() || exit_code_)
        return why;
    }
    const bool from_now = !joined_ && !command_.since;
    const auto opened = server_.open_socket("/ws/agents/" + client::escaped(command_.agent)
                                            + query(from_now ? newest : place_->cursor));
    if (!opened.is(101))
      return judge(opened, "the WebSocket of " + printable(command_.agent));
    say(std::string{joined_ ? "connected again to " : "watching "} + printable(command_.agent)
        + (with_.project.empty() ? "" : " of project " + printable(with_.project)) + " at "
        + with_.server.text());
    joined_ = true;
    pause_.reset();
    for (;;) { // Ends: the connection does, or the events that were asked for.
      const auto event = server_.receive();
      if (event.how != outcome::answered)
        return ended(event);
      show(event.body);
      if (exit_code_)
        return {};
    }
  }

  /// Without a cursor: notes where the inbox is before the first event comes, so that what happens
  /// while a first connection is lost is not lost.
  std::string find_place() {
    if (command_.since)
      return {};
    const auto page = server_.call({"GET", inbox("order=desc&limit=1"), {}, {}, {}});
    if (!page.is(200))
      return judge(page, "the inbox of " + printable(command_.agent));
    const auto messages = json_object::parse(page.body).objects("messages");
    place_
      = {messages.empty() ? 0 : messages[0].number("cursor").value_or(0), rfc3339_of(page.date)};
    return {};
  }

  std::string ended(const answer& from) {
    if (from.how == outcome::interrupted)
      exit_code_ = 0;
    return "lost the connection to " + with_.server.text() + " (" + printable(from.why) + ')';
  }

  /// Decides what a failure means. @returns What happened, to go on; or sets the exit code.
  std::string judge(const answer& from, const std::string& what) {
    if (from.how == outcome::interrupted) {
      exit_code_ = 0;
    } else if (from.how == outcome::lost) {
      return "no answer from " + with_.server.text() + " (" + printable(from.why) + ')';
    } else if (may_pass(from)) {
      return with_.server.text() + " refused " + what + " (" + refusal_text(from) + ')';
    } else {
      std::cerr << "Error: " << with_.server.text() << " refused " << what << ": "
                << refusal_text(from) << '\n';
      if (from.status == 401)
        std::cerr << "Set INTERMUTE_API_KEY to a key of the project, and INTERMUTE_AGENT_TOKEN to "
                     "the token of this agent or to nothing.\n";
      exit_code_ = 1;
    }
    return {};
  }

  void show(const std::string& raw) {
    const auto event = json_object::parse(raw);
    const auto cursor = event.number("cursor");
    const bool is_message = event.text("type") == "message.created";
    if (cursor && *cursor <= place_->cursor)
      return; // Shown before.
    if (const auto at = event.text("created_at");
        !is_message && !at.empty() && at < place_->not_before)
      return; // From before we began to watch.
    if (command_.json)
      std::cout << raw.substr(0, raw.find_last_not_of("\r\n") + 1) << '\n';
    else
      std::cout << event_line(event, raw, is_message ? message_at(cursor) : json_object{}) << '\n';
    std::cout << std::flush;
    if (cursor)
      place_ = {*cursor, {}};
    ++shown_;
    if (!std::cout)
      exit_code_ = 1; // Nobody reads on.
    else if (command_.count && shown_ >= *command_.count)
      exit_code_ = 0;
  }

  /// The inbox entry at a cursor; an empty object when it cannot be read now.
  json_object message_at(std::optional<std::uint64_t> cursor) {
    if (!cursor || *cursor == 0)
      return {};
    const auto page = server_.call(
      {"GET", inbox("limit=1&since_cursor=" + std::to_string(*cursor - 1)), {}, {}, {}});
    auto messages = json_object::parse(page.is(200) ? page.body : "").objects("messages");
    if (messages.empty() || messages[0].number("cursor") != cursor)
      return {};
    return std::move(messages[0]);
  }

  [[nodiscard]] std::string inbox(const std::string& query) const {
    return "/api/inbox/" + client::escaped(command_.agent)
           + "?project=" + client::escaped(with_.project) + '&' + query;
  }

  [[nodiscard]] std::string query(std::uint64_t since) const {
    return "?project=" + client::escaped(with_.project) + "&since_cursor=" + std::to_string(since);
  }

  static void say(const std::string& what) { std::cerr << "intermute: " << what << '\n'; }

  const config::watch_command& command_;
  const access& with_;
  client::client server_;
  backoff pause_;
  std::optional<position> place_;
  bool joined_ = false; ///< Whether a WebSocket was open once.
  std::uint64_t shown_ = 0;
  std::optional<int> exit_code_;
};

} // namespace

int watch(const config::watch_command& command, const config::environment& env) {
  auto asked = command;
  if (asked.agent.empty())
    asked.agent = variable(env, "INTERMUTE_AGENT");
  if (asked.agent.empty()) {
    std::cerr << "Error: name the agent with --agent or INTERMUTE_AGENT\n";
    return 1;
  }
  const auto with = access_of(asked.url, asked.project, asked.agent, env);
  if (!with) {
    std::cerr << "Error: " << with.why().detail << '\n';
    return 1;
  }
  return watcher{asked, *with}.run();
}

} // namespace intermute::cli
