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
void list_presence(call& one);
void get_agent(call& one);
void heartbeat(call& one);
void patch_metadata(call& one);
void get_policy(call& one);
void set_policy(call& one);
void list_contacts(call& one);
void add_contact(call& one);
void remove_contact(call& one);
void retire_agent(call& one);
void unretire_agent(call& one);
void list_projects(call& one);
void send_message(call& one);
void get_message(call& one);
void broadcast(call& one);
void mark_read(call& one);
void mark_ack(call& one);
void read_inbox(call& one);
void count_inbox(call& one);
void list_stale_acks(call& one);
void list_threads(call& one);
void read_thread(call& one);
void read_topic(call& one);
void create_reservation(call& one);
void list_reservations(call& one);
void check_reservations(call& one);
void release_reservation(call& one);
void open_socket(call& one);

} // namespace intermute::transport::http
