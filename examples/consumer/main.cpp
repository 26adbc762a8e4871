// The least that a program with an intermute server inside needs: consumer <database file>

#include <intermute/intermute.hpp>

#include <cstdlib>
#include <iostream>

namespace {

/// The value of an answer; ends the program when there is none.
template <class T>
T checked(std::future<intermute::outcome<T>> coming) {
  auto got = coming.get();
  if (got)
    return std::move(*got);
  std::cerr << got.why().code << ": " << got.why().detail << '\n';
  std::exit(1);
}

} // namespace

int main(int count, char** arguments) {
  intermute::options wanted;
  wanted.database = count > 1 ? arguments[1] : "";
  auto started = intermute::server::start(wanted);
  if (!started) {
    std::cerr << started.why().code << ": " << started.why().detail << '\n';
    return 1;
  }
  auto& server = **started;

  intermute::registration who;
  who.project = "demo";
  who.name = "ada";
  const auto ada = checked(server.register_agent(who));
  who.name = "bob";
  const auto bob = checked(server.register_agent(who));

  intermute::message hello;
  hello.project = "demo";
  hello.from = ada.agent_id;
  hello.to = {bob.agent_id};
  hello.body = "main is red";
  checked(server.send(hello));

  intermute::inbox_query page;
  page.agent = bob.agent_id;
  for (const auto& one : checked(server.inbox(page)).entries)
    std::cout << bob.name << " reads: " << one.message.body << '\n';

  intermute::reservation_request hold;
  hold.project = "demo";
  hold.agent_id = bob.agent_id;
  hold.path_pattern = "src/**";
  const auto reserved = checked(server.reserve(hold));
  std::cout << bob.name << " holds: " << reserved.reservation->path_pattern << '\n';
}
