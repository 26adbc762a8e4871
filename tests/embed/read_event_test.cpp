#include "base/clock.hpp"
#include "embed/read_event.hpp"
#include "transport/ws/render_event.hpp"

#include <catch2/catch.hpp>

using namespace intermute;

TEST_CASE("an event is read back as it was rendered", "[embed]") {
  domain::event what;
  what.at = GENERATE(1U, 18'446'744'073'709'551'615U);
  what.project = "p \"quoted\" \n \xC3\xA9";
  what.created_at
    = base::from_nanoseconds(GENERATE(0, 1, 100'000'000, 1'763'818'849'052'288'930,
                                      1'763'818'849'000'000'000, 1'709'164'800'999'999'999));
  SECTION("of a message") {
    what.kind = domain::event_kind::message_created;
    what.message_id = "m\\1";
    const auto got = embed::read_event(transport::ws::render_event(what, "bob", true));
    CHECK(got.at == what.at);
    CHECK(got.type == "message.created");
    CHECK(got.project == what.project);
    CHECK(got.created_at == what.created_at);
    CHECK(got.message_id == "m\\1");
    CHECK(got.agent_id == "bob");
    CHECK(got.reservation_id.empty());
  }
  SECTION("of a reservation") {
    what.kind = domain::event_kind::reservation_expired;
    what.reservation_id = "r";
    what.agent = "ada";
    what.path_pattern = "src/**";
    const auto got = embed::read_event(transport::ws::render_event(what, "bob", true));
    CHECK(got.at == what.at);
    CHECK(got.type == "reservation.expired");
    CHECK(got.created_at == what.created_at);
    CHECK(got.reservation_id == "r");
    CHECK(got.agent_id == "ada");
    CHECK(got.path_pattern == "src/**");
    CHECK(got.message_id.empty());
  }
}

TEST_CASE("a text that is no event reads as a blank one", "[embed]") {
  const auto* const text = GENERATE("", "[]", "{", R"({"cursor":-1,"type":7,"created_at":"now"})");
  const auto got = embed::read_event(text);
  CHECK(got.at == 0);
  CHECK(got.type.empty());
  CHECK(got.created_at == time_point{});
}
