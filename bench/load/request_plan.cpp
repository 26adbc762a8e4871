#include "bench/load/request_plan.hpp"

#include "bench/load/digits.hpp"

#include <charconv>

namespace intermute::bench {

namespace {

// The options keep the numbers within these widths, so that a request never changes its length.
constexpr std::size_t agent_digits = 4;
constexpr std::size_t project_digits = 3;
constexpr std::size_t files_per_agent = 4;

template <class Number>
bool parse_digits(std::string_view text, Number& value) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size();
}

std::uint64_t bits_of(const message_name& one) noexcept {
  return spread_bits(spread_bits(one.connection) ^ one.number);
}

} // namespace

request_plan::request_plan(const options& run, std::string mark)
  : run_{run}, mark_{std::move(mark)}, inboxes_{run.recipients, run.zipf},
    files_{files_per_agent * (run.connections / run.projects + 1)}, choices_{files_, run.zipf} {
  for (std::size_t i = 0; i < run_.connections; ++i)
    senders_.push_back("load-s-" + digits(agent_digits, i));
  for (std::size_t project = 0; project < run_.projects; ++project)
    for (std::size_t i = 0; i < run_.recipients; ++i)
      recipients_.push_back("load-r-" + digits(agent_digits, i));
}

std::string request_plan::project(std::size_t index) const {
  return "load-" + digits(project_digits, index);
}

std::size_t request_plan::project_of(std::size_t connection) const noexcept {
  return connection % run_.projects;
}

void request_plan::name_agent(std::size_t connection, const std::string& id, bool as_recipient) {
  senders_[connection] = id;
  if (as_recipient)
    recipients_[project_of(connection) * run_.recipients + connection / run_.projects] = id;
}

std::size_t request_plan::recipient_of(const message_name& message,
                                       std::size_t nth) const noexcept {
  const std::uint64_t first = run_.zipf > 0 ? inboxes_.key_of(bits_of(message))
                                            : message.connection + message.number * run_.fanout;
  return static_cast<std::size_t>((first + nth) % run_.recipients);
}

std::size_t request_plan::file_of(const message_name& choice) const noexcept {
  return choices_.key_of(bits_of({choice.connection + 1'000'000, choice.number}));
}

std::string request_plan::file(std::size_t index) const {
  return "services/billing-" + digits(2, index % 40) + "/src/handlers/module_"
         + digits(agent_digits, index) + ".cpp";
}

std::string request_plan::message_id(const message_name& message) const {
  return "m-" + mark_ + "-" + digits(number_digits, message.number) + "-"
         + digits(agent_digits, message.connection);
}

std::string request_plan::body(std::string_view id) const {
  std::string text{id.substr(0, run_.body_bytes)};
  text.resize(run_.body_bytes, 'x');
  return text;
}

bool request_plan::parse_message_id(std::string_view id, message_name& message) const {
  const std::string prefix = "m-" + mark_ + "-";
  if (id.size() != prefix.size() + agent_digits + 1 + number_digits || !id.starts_with(prefix))
    return false;
  id.remove_prefix(prefix.size());
  return parse_digits(id.substr(0, number_digits), message.number)
         && parse_digits(id.substr(number_digits + 1), message.connection);
}

std::string request_plan::head(std::string_view method, const std::string& target) const {
  std::string text
    = std::string{method} + " " + target + " HTTP/1.1\r\nHost: " + run_.server.authority() + "\r\n";
  if (!run_.key.empty())
    text += "Authorization: Bearer " + run_.key + "\r\n";
  return text;
}

std::string request_plan::get(const std::string& target) const {
  return head("GET", target) + "\r\n";
}

std::string request_plan::with_body(std::string_view method, const std::string& target,
                                    const std::string& body, const std::string& agent) const {
  std::string text = head(method, target);
  if (!agent.empty())
    text += "X-Agent-ID: " + agent + "\r\n";
  if (!body.empty())
    text += "Content-Type: application/json\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string request_plan::inbox_request(std::size_t project, const std::string& recipient,
                                        std::uint64_t since, std::size_t limit) const {
  return get("/api/inbox/" + recipient + "?project=" + this->project(project)
             + "&since_cursor=" + std::to_string(since) + "&limit=" + std::to_string(limit));
}

std::string request_plan::send_request(std::size_t connection, std::string_view id,
                                       const std::vector<std::string>& to) const {
  std::string names;
  for (const auto& name : to)
    names += (names.empty() ? "\"" : ",\"") + name + "\"";
  return with_body("POST", "/api/messages",
                   R"({"project":")" + project(project_of(connection)) + R"(","from":")"
                     + sender(connection) + R"(","to":[)" + names + R"(],"id":")" + std::string{id}
                     + R"(","body":")" + body(id) + R"("})");
}

std::string request_plan::reserve_request(std::size_t project, const std::string& agent,
                                          const std::string& pattern) const {
  return with_body("POST", "/api/reservations",
                   R"({"agent_id":")" + agent + R"(","project":")" + this->project(project)
                     + R"(","path_pattern":")" + pattern + R"(","exclusive":true,"reason":"load )"
                     + mark_ + R"(","ttl_minutes":60})",
                   agent);
}

std::string request_plan::release_request(const std::string& agent,
                                          const std::string& reservation) const {
  return with_body("DELETE", "/api/reservations/" + reservation, {}, agent);
}

std::string request_plan::check_request(std::size_t project, const std::string& pattern) const {
  return get("/api/reservations/check?project=" + this->project(project) + "&pattern=" + pattern);
}

std::string request_plan::register_request(std::size_t project, const std::string& name) const {
  return with_body("POST", "/api/agents",
                   R"({"name":")" + name + R"(","project":")" + this->project(project) + R"("})");
}

} // namespace intermute::bench
