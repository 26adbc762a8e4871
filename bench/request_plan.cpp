#include "bench/request_plan.hpp"

#include <array>
#include <charconv>

namespace intermute::bench {

namespace {

// Widths are fixed so that a request never changes its length; the options keep the numbers within.
constexpr std::size_t agent_digits = 4;
constexpr std::size_t project_digits = 3;
constexpr std::size_t number_digits = 12;

/// Writes `value` with leading zeros over the `width` characters at `at`.
void put_digits(char* at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

std::string digits(std::size_t width, std::uint64_t value) {
  std::string text(width, '0');
  put_digits(text.data(), width, value);
  return text;
}

template <class Number>
bool parse_digits(std::string_view text, Number& value) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc{} && end == text.data() + text.size();
}

std::string head(std::string_view method, const std::string& target, const server_address& to) {
  return std::string{method} + " " + target + " HTTP/1.1\r\nHost: " + to.authority() + "\r\n";
}

} // namespace

request_plan::request_plan(const options& run, std::string mark)
  : run_{run}, mark_{std::move(mark)}, health_{head("GET", "/health", run.server) + "\r\n"} {
  for (std::size_t project = 0; project < run_.projects; ++project)
    for (std::size_t recipient = 0; recipient < run_.recipients; ++recipient)
      pages_.push_back(inbox_request(project, recipient, 0, run_.limit));
  polls_ = pages_;
}

std::string request_plan::project(std::size_t index) const {
  return "load-" + digits(project_digits, index);
}

std::string request_plan::recipient(std::size_t index) const {
  return "load-r-" + digits(agent_digits, index);
}

std::size_t request_plan::recipient_of(const message_name& message,
                                       std::size_t nth) const noexcept {
  const std::uint64_t first = message.connection + message.number * run_.fanout;
  return static_cast<std::size_t>((first + nth) % run_.recipients);
}

std::size_t request_plan::project_of(std::size_t connection) const noexcept {
  return connection % run_.projects;
}

std::string request_plan::message_id(const message_name& message) const {
  return "m-" + mark_ + "-" + digits(agent_digits, message.connection) + "-"
         + digits(number_digits, message.number);
}

bool request_plan::parse_message_id(std::string_view id, message_name& message) const {
  const std::string prefix = "m-" + mark_ + "-";
  if (id.size() != prefix.size() + agent_digits + 1 + number_digits || !id.starts_with(prefix))
    return false;
  id.remove_prefix(prefix.size());
  return parse_digits(id.substr(0, agent_digits), message.connection)
         && parse_digits(id.substr(agent_digits + 1), message.number);
}

std::string request_plan::inbox_request(std::size_t project, std::size_t recipient,
                                        std::uint64_t since, std::size_t limit) const {
  const std::string target
    = "/api/inbox/" + this->recipient(recipient) + "?project=" + this->project(project)
      + "&since_cursor=" + std::to_string(since) + "&limit=" + std::to_string(limit);
  return head("GET", target, run_.server) + "\r\n";
}

std::string request_plan::send_request(std::size_t connection, std::string_view id,
                                       const std::vector<std::size_t>& to) const {
  std::string names;
  for (const std::size_t index : to)
    names += (names.empty() ? "\"" : ",\"") + recipient(index) + "\"";
  const std::string body = "{\"project\":\"" + project(project_of(connection))
                           + "\",\"from\":\"load-s-" + digits(agent_digits, connection)
                           + "\",\"to\":[" + names + "],\"id\":\"" + std::string{id}
                           + "\",\"body\":\"" + std::string(run_.body_bytes, 'x') + "\"}";
  return head("POST", "/api/messages", run_.server)
         + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size())
         + "\r\n\r\n" + body;
}

void request_plan::set_poll_cursors(const std::vector<std::uint64_t>& newest) {
  for (std::size_t i = 0; i < polls_.size(); ++i)
    polls_[i] = inbox_request(i / run_.recipients, i % run_.recipients, newest[i], run_.limit);
}

const std::string& request_plan::page(std::size_t project, std::size_t recipient) const {
  return pages_[project * run_.recipients + recipient];
}

const std::string& request_plan::poll(std::size_t project, std::size_t recipient) const {
  return polls_[project * run_.recipients + recipient];
}

request_maker::request_maker(const request_plan& plan, std::size_t connection)
  : plan_{plan}, connection_{connection}, project_{plan.project_of(connection)} {
  const message_name first{connection_, 0};
  std::vector<std::size_t> to;
  for (std::size_t nth = 0; nth < plan_.run().fanout; ++nth)
    to.push_back(plan_.recipient_of(first, nth));
  const std::string id = plan_.message_id(first);
  send_text_ = plan_.send_request(connection_, id, to);
  id_at_ = send_text_.find(id) + id.size() - number_digits;
  const std::string name = "\"load-r-";
  for (auto at = send_text_.find(name); at != std::string::npos; at = send_text_.find(name, at + 1))
    recipients_at_.push_back(at + name.size());
}

ready_request request_maker::next() {
  const operation what = choose();
  if (what == operation::send)
    return next_send();
  const auto recipient = static_cast<std::size_t>((connection_ + turn_++) % plan_.run().recipients);
  switch (what) {
  case operation::inbox: return {plan_.page(project_, recipient), what, 0};
  case operation::poll: return {plan_.poll(project_, recipient), what, 0};
  default: return {plan_.health(), what, 0};
  }
}

ready_request request_maker::next_send() {
  const message_name message{connection_, sent_++};
  put_digits(send_text_.data() + id_at_, number_digits, message.number);
  for (std::size_t nth = 0; nth < recipients_at_.size(); ++nth)
    put_digits(send_text_.data() + recipients_at_[nth], agent_digits,
               plan_.recipient_of(message, nth));
  ++turn_;
  return {send_text_, operation::send, message.number};
}

operation request_maker::choose() {
  switch (plan_.run().work) {
  case workload::health: return operation::health;
  case workload::send: return operation::send;
  case workload::inbox: return operation::inbox;
  case workload::poll: return operation::poll;
  case workload::mixed: break;
  }
  // What a fleet does most: look for news, now and then read a page, write, and be checked upon.
  using enum operation;
  static constexpr std::array cycle{poll, poll, send, poll, inbox, poll, poll, send, poll, health};
  return cycle[(connection_ + turn_) % cycle.size()];
}

} // namespace intermute::bench
