#pragma once

namespace intermute::transport {
class call;
}

/// One function per route; each reads the request, asks one actor, and says how its reply looks.
namespace intermute::transport::http {

void get_health(call& one);
void get_version(call& one);
void get_metrics(call& one);
void register_agent(call& one);
void list_agents(call& one);
void get_agent(call& one);
void heartbeat(call& one);
void send_message(call& one);
void mark_read(call& one);
void mark_ack(call& one);
void read_inbox(call& one);
void count_inbox(call& one);
void open_socket(call& one);

} // namespace intermute::transport::http
