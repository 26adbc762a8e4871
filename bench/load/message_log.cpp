#include "bench/load/message_log.hpp"

#include "bench/load/digits.hpp"

#include <algorithm>

namespace intermute::bench {

message_log::message_log(const request_plan& plan, std::size_t connection)
  : plan_{plan}, connection_{connection}, project_{plan.project_of(connection)},
    id_{plan.message_id({connection, 0})} {
  number_at_ = id_.find(digits(number_digits, 0) + "-");
  const std::string whole = plan.send_request(connection, id_, {});
  const std::string length = "Content-Length: ";
  head_ = whole.substr(0, whole.find(length) + length.size());
  const auto body_at = whole.find("\r\n\r\n") + 4;
  const auto names_at = whole.find(R"("to":[)") + 6;
  beginning_ = whole.substr(body_at, names_at - body_at);
  const auto body_bytes = plan.run().body_bytes;
  filler_.assign(body_bytes - std::min(body_bytes, id_.size()), 'x');
}

std::string_view message_log::next() {
  const message_name message{connection_, number_++};
  entries_.sent(message.number);
  put_digits(id_.data() + number_at_, number_digits, message.number);
  body_ = beginning_;
  for (std::size_t nth = 0; nth < plan_.run().fanout; ++nth) {
    body_ += nth == 0 ? "\"" : ",\"";
    body_ += plan_.recipient(project_, plan_.recipient_of(message, nth));
    body_ += '"';
  }
  ((body_ += R"(],"id":")") += id_) += R"(","body":")";
  body_.append(id_, 0, plan_.run().body_bytes);
  (body_ += filler_) += R"("})";
  text_ = head_;
  ((text_ += std::to_string(body_.size())) += "\r\n\r\n") += body_;
  return text_;
}

void message_log::answered(const response& answer, violations& broken) {
  const auto number = number_ - 1;
  const auto how = outcome_of(answer.status);
  if (how == outcome::refused) {
    // Only this refusal is given before anything was started, so only it proves absence.
    if (parse_problem(answer.body).code == "mailbox_full")
      entries_.refused(number);
    return;
  }
  if (how != outcome::ok)
    return;
  const std::uint64_t cursor = cursor_of(answer.body);
  if (cursor == 0)
    broken.add("send reply without cursor", answer.body.substr(0, 200));
  else
    entries_.accepted(number, cursor);
}

} // namespace intermute::bench
