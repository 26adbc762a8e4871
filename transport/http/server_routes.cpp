#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/wire/agents.hpp"

namespace intermute::transport::http {

void get_health(call& one) {
  auto& answer = one.reply();
  const auto why = one.with().front.degraded();
  if (why.empty()) {
    answer.body = one.with().front.verifying() ? "{\"status\":\"ok\",\"integrity\":\"verifying\"}\n"
                                               : "{\"status\":\"ok\"}\n";
    return;
  }
  // The reference's body, which monitors read; not a problem of the request.
  answer.status = 503;
  answer.add_header("Retry-After", "1");
  answer.body = R"({"status":"degraded","error":)";
  json::append_string(answer.body, why);
  answer.body += "}\n";
}

void get_version(call& one) {
  json::append_body(one.reply().body, wire::version_reply{one.with().version});
}

void get_metrics(call& one) {
  auto& answer = one.reply();
  answer.content_type = metrics_type;
  answer.body = one.with().registry.text();
}

} // namespace intermute::transport::http
