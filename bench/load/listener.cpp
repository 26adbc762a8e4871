#include "bench/load/listener.hpp"

#include "bench/load/response_reader.hpp"

namespace intermute::bench {

namespace asio = boost::asio;
namespace ws = boost::beast::websocket;

namespace {

constexpr int tiny_buffer_bytes = 4'096;

} // namespace

listener::listener(asio::io_context& io, const request_plan& plan, send_times& times, hearing& into)
  : plan_{plan}, times_{times}, into_{into}, socket_{io}, next_(plan.run().connections, 0) {}

void listener::connect(const asio::ip::tcp::endpoint& server, std::size_t inbox, bool tiny_buffer) {
  auto& wire = socket_.next_layer();
  wire.open(server.protocol());
  if (tiny_buffer)
    wire.set_option(asio::socket_base::receive_buffer_size{tiny_buffer_bytes});
  wire.connect(server);
  wire.set_option(asio::ip::tcp::no_delay{true});
  socket_.set_option(ws::stream_base::decorator([this](ws::request_type& request) {
    if (!plan_.run().key.empty())
      request.set(boost::beast::http::field::authorization, "Bearer " + plan_.run().key);
  }));
  socket_.handshake(plan_.run().server.authority(),
                    "/ws/agents/" + plan_.recipient(0, inbox) + "?project=" + plan_.project(0));
}

void listener::hear() {
  socket_.async_read(buffer_, [this](boost::system::error_code failure, std::size_t) {
    if (failure == asio::error::operation_aborted)
      return;
    if (failure)
      return into_.broken.add("push socket closed", failure.message());
    const auto data = buffer_.data();
    take({static_cast<const char*>(data.data()), data.size()});
    buffer_.clear();
    hear();
  });
}

void listener::take(std::string_view event) {
  message_name message;
  const bool of_this_run = plan_.parse_message_id(text_member(event, "message_id"), message)
                           && message.connection < next_.size();
  if (!of_this_run)
    return;
  const auto now = bench_clock::now();
  std::uint64_t& next = next_[message.connection];
  if (message.number < next)
    into_.broken.add("push doubled or out of order", std::string{event.substr(0, 200)});
  next = message.number + 1;
  const auto due = times_.get(message);
  if (due >= into_.measured.begin && due <= into_.measured.end)
    into_.latency_ns.record(static_cast<std::uint64_t>((now - due).count()));
  into_.in_window += now >= into_.measured.begin && now <= into_.measured.end ? 1 : 0;
  heard_.fetch_add(1, std::memory_order_release);
}

} // namespace intermute::bench
