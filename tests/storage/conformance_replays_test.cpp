#include "tests/storage/support.hpp"

#include <algorithm>

namespace intermute::test {

namespace {

std::string scope(int number) {
  auto made = std::string(32, '\xFE');
  made[0] = static_cast<char>(number);
  made[1] = '\0';
  return made;
}

storage::put_replay replay_of(int number, std::string reply, std::int64_t at,
                              std::int64_t expires_at) {
  return {scope(number), std::string(32, '\x80'), std::move(reply), at_second(at),
          at_second(expires_at)};
}

/// The kept reply; "none" if there is none.
std::string kept(world& w, int number, base::wall_time now) {
  const auto found = value_of(w.reader().find_replay(scope(number), now));
  return found ? found->reply : "none";
}

} // namespace

TEST_CASE("a kept reply comes back until its time is over", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  const std::string reply{"\0\xFF Ünï\n", 8};
  w.store_all({replay_of(1, reply, 100, 200)});
  REQUIRE(w.last == 0); // It is no event.
  const auto found = value_of(w.reader().find_replay(scope(1), at_second(100)));
  REQUIRE(found);
  REQUIRE(found->reply == reply);
  REQUIRE(found->body == std::string(32, '\x80'));
  REQUIRE(kept(w, 1, at_second(200) - std::chrono::nanoseconds{1}) == reply);
  REQUIRE(kept(w, 1, at_second(200)) == "none");
  REQUIRE(kept(w, 2, at_second(100)) == "none");
  w.restart();
  REQUIRE(kept(w, 1, at_second(100)) == reply);
}

TEST_CASE("a kept reply is replaced by one of the same scope", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_all({replay_of(1, "old", 100, 200), replay_of(2, "other", 100, 200)});
  auto next = replay_of(1, "new", 150, 250);
  next.body = std::string(32, 'b');
  w.store_all({next});
  REQUIRE(kept(w, 1, at_second(249)) == "new");
  REQUIRE(value_of(w.reader().find_replay(scope(1), at_second(150)))->body == next.body);
  REQUIRE(kept(w, 2, at_second(150)) == "other");

  SECTION("also when that one was past its time") {
    w.store_all({replay_of(1, "third", 400, 500)});
    REQUIRE(kept(w, 1, at_second(400)) == "third");
  }
  SECTION("also by a shorter one") {
    w.store_all({replay_of(1, "", 160, 170)});
    REQUIRE(kept(w, 1, at_second(169)).empty());
    REQUIRE(kept(w, 1, at_second(170)) == "none");
  }
}

TEST_CASE("replies that are past their time are deleted as new ones come", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  for (int i = 0; i < 10; ++i)
    w.store_all({replay_of(i, "old", 100, 200 + i)});
  w.store_all({replay_of(50, "current", 100, 1000)});
  // Looked at as of then, those that are still stored can be seen.
  const auto left = [&] {
    int found = 0;
    for (int i = 0; i < 10; ++i)
      found += kept(w, i, at_second(150)) == "old" ? 1 : 0;
    return found;
  };
  w.store_all({replay_of(51, "new", 199, 1000)});
  REQUIRE(left() == 10); // Nothing is past its time yet.
  w.store_all({replay_of(51, "new", 200, 1000)});
  REQUIRE(left() == 9);
  w.store_all({replay_of(51, "new", 500, 1000)});
  const auto after_one = left();
  REQUIRE(after_one < 9);
  REQUIRE(after_one >= 5); // A few at a time: no request pays for all of them.
  for (int i = 0; i < 10; ++i)
    w.store_all({replay_of(51, "new", 500, 1000)});
  REQUIRE(left() == 0);
  REQUIRE(kept(w, 50, at_second(500)) == "current");
  REQUIRE(kept(w, 51, at_second(500)) == "new");
}

TEST_CASE("a kept reply belongs to its batch", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_all({replay_of(1, "old", 100, 200)});
  require_ok(w.engine().begin());
  w.apply({replay_of(1, "new", 150, 250), replay_of(2, "new", 900, 1000)});
  REQUIRE(kept(w, 1, at_second(150)) == "old");
  REQUIRE(kept(w, 2, at_second(900)) == "none");

  SECTION("and is gone with it") {
    require_ok(w.engine().rollback());
    REQUIRE(kept(w, 1, at_second(150)) == "old");
    REQUIRE(kept(w, 2, at_second(900)) == "none");
  }
  SECTION("and is stored with it") {
    w.commit();
    REQUIRE(kept(w, 2, at_second(900)) == "new");
  }
}

} // namespace intermute::test
