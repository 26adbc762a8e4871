// A program with an intermute server inside: agents that talk without a port being open.
//
//   embed_host <database file>
//
// docs/embedding.md says more about each step.

#include <intermute/intermute.hpp>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>

namespace {

/// The value of an outcome; ends the program when there is none. A real host decides by the code.
template <class T>
T checked(intermute::outcome<T> got) {
  if (got)
    return std::move(*got);
  std::cerr << got.why().code << ": " << got.why().detail << '\n';
  std::exit(1);
}

/// As above, for an answer that is under way.
template <class T>
T checked(std::future<intermute::outcome<T>> coming) {
  return checked(coming.get());
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: embed_host <database file>\n";
    return 2;
  }

  // Config. Without a port there is no listener. Settings have the names of docs/config.md. The
  // logger and the registry are the host's own.
  intermute::options wanted;
  wanted.database = arguments[1];
  wanted.settings = {{"storage.cache_kib", "4096"}};
  wanted.logger = spdlog::stderr_logger_mt("intermute");
  wanted.metrics = std::make_shared<prometheus::Registry>();
  const auto metrics = wanted.metrics;

  // Start. From here on it is ready; a failure says what to do.
  auto server = checked(intermute::server::start(std::move(wanted)));
  std::cout << "ready: " << std::boolalpha << server->ready() << ", port " << server->port()
            << '\n';

  // Two agents. Every call gives a future, so many can be under way at once.
  intermute::registration who;
  who.project = "demo";
  who.name = "ada";
  auto ada_coming = server->register_agent(who);
  who.name = "bob";
  auto bob_coming = server->register_agent(who);
  const auto ada = checked(std::move(ada_coming));
  const auto bob = checked(std::move(bob_coming));

  // A live subscription. The handler runs on a thread of the server and should be short.
  std::promise<intermute::event> heard;
  intermute::subscription_request listen;
  listen.project = "demo";
  listen.agent = bob.agent_id;
  listen.on_event = [&heard, first = true](const intermute::event& what) mutable {
    if (std::exchange(first, false))
      heard.set_value(what);
  };
  listen.on_end = [](intermute::end_reason why, std::optional<intermute::cursor>) {
    std::cout << "the subscription ended: "
              << (why == intermute::end_reason::stopped ? "stopped" : "too slow") << '\n';
  };
  const auto subscription = checked(server->subscribe(std::move(listen)));

  // A message. The answer comes once it is on the disk; the event comes by itself.
  intermute::message hello;
  hello.project = "demo";
  hello.from = ada.agent_id;
  hello.to = {bob.agent_id};
  hello.subject = "hello";
  hello.body = "main is red";
  const auto sent = checked(server->send(hello));
  const auto event = heard.get_future().get();
  std::cout << event.type << " at " << event.at
            << ", the same message: " << (event.message_id == sent.message_id) << '\n';

  intermute::inbox_query page;
  page.agent = bob.agent_id;
  for (const auto& one : checked(server->inbox(page)).entries)
    std::cout << "bob reads: " << one.message.subject << ": " << one.message.body << '\n';

  // A reservation. Losing is an answer that names who is in the way, not a failure.
  intermute::reservation_request hold;
  hold.project = "demo";
  hold.agent_id = ada.agent_id;
  hold.path_pattern = "src/**";
  hold.exclusive = true;
  checked(server->reserve(hold));
  hold.agent_id = bob.agent_id;
  hold.path_pattern = "src/main.cpp";
  const auto lost = checked(server->reserve(hold));
  std::cout << "bob is kept out by ada: "
            << (!lost.conflicts.empty() && lost.conflicts[0].agent_id == ada.agent_id) << '\n';

  // Metrics: counters are in the host's registry, what is computed is in readings().
  const auto text = prometheus::TextSerializer{}.Serialize(metrics->Collect());
  std::cout << "the host's registry has our metrics: "
            << (text.find("\nintermute_") != std::string::npos) << '\n';

  // Stop. What is under way is answered, the file is closed. The destructor would do it too.
  server->stop();
  std::cout << "stopped, ready: " << server->ready() << '\n';
  return 0;
}
