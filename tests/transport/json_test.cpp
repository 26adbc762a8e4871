#include "transport/json/decode.hpp"
#include "transport/json/encode.hpp"
#include "transport/json/utf8.hpp"
#include "transport/wire/agents.hpp"
#include "transport/wire/messages.hpp"
#include "transport/wire/reservations.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace intermute;
using namespace intermute::transport;
using base::errc;

namespace {

base::result<wire::send_body> read_send(std::string text) {
  return json::decode<wire::send_body>(text);
}
base::result<actors::register_agent> read_agent(std::string text) {
  return json::decode<actors::register_agent>(text);
}

base::result<actors::reserve> read_reserve(std::string text) {
  return json::decode<actors::reserve>(text);
}

struct refused_body {
  std::string text;
  errc code;
  std::string field;
};

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i)
    text += close;
  return text;
}

std::string as_json(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

} // namespace

TEST_CASE("a body fills the members of its table", "[json]") {
  const auto body = read_send(R"({"from":"a","to":["b","c"],"ack_required":true,"body":"x\ny",)"
                              R"("unknown":{"deep":[1,{"to":["z"]}]},"cc":null,"subject":"s"})");
  REQUIRE(body);
  CHECK(body->from == "a");
  CHECK(body->to == json::strings{"b", "c"});
  CHECK(body->ack_required);
  CHECK(body->body == "x\ny");
  CHECK(body->subject == "s");
  CHECK(body->cc.empty());
}

TEST_CASE("what Go reads from a body is read from it here", "[json]") {
  CHECK(read_send(R"({"from":"a","from":"b"})")->from == "b");
  CHECK(read_send(R"({"to":["a","b"],"to":["c"]})")->to == json::strings{"c"});
  CHECK(read_send(R"({"from":"a"} and more)")->from == "a");
  CHECK(read_send(R"({"from":"a"}{"from":"b"})")->from == "a");
  CHECK(read_send("null")->from.empty());
  CHECK(read_send(" \r\n{}")->from.empty());
  CHECK(read_send(R"({"from":null,"ack_required":null})")->from.empty());
  CHECK(read_send(R"({"to":["b",null]})")->to == json::strings{"b", ""});
  CHECK(read_send(R"({"body":"\u0000z"})")->body == std::string("\0z", 2));
  CHECK(read_send(R"({"x":[1e300,-0.5,18446744073709551616],"from":"a"})")->from == "a");
}

TEST_CASE("lists and maps tell nothing from empty", "[json]") {
  const auto none = read_agent(R"({"name":"a"})");
  CHECK_FALSE(none->capabilities.has_value());
  CHECK_FALSE(none->metadata.has_value());
  const auto null = read_agent(R"({"capabilities":null,"metadata":null})");
  CHECK_FALSE(null->capabilities.has_value());
  const auto empty = read_agent(R"({"capabilities":[],"metadata":{}})");
  CHECK(empty->capabilities == json::strings{});
  CHECK(empty->metadata == json::string_map{});
  const auto full = read_agent(R"({"metadata":{"k":"v","n":null,"k":"w"},"status":"s"})");
  CHECK(full->metadata == json::string_map{{"k", "w"}, {"n", ""}});
  CHECK(full->status == "s");
}

TEST_CASE("a body of another shape is refused and the member named", "[json]") {
  const auto one = GENERATE(values<refused_body>({
    {"", errc::invalid_json, ""},
    {"{", errc::invalid_json, ""},
    {"[]", errc::invalid_json, ""},
    {"17", errc::invalid_json, ""},
    {"\"x\"", errc::invalid_json, ""},
    {"true", errc::invalid_json, ""},
    {R"({"from":"a",})", errc::invalid_json, ""},
    {R"({'from':'a'})", errc::invalid_json, ""},
    {R"({"x":01})", errc::invalid_json, ""},
    {R"({"x":NaN})", errc::invalid_json, ""},
    {R"({"x":1e999999})", errc::invalid_json, "x"},
    {"{\"from\":\"a\nb\"}", errc::invalid_json, ""},
    {"{\"from\":\"\\q\"}", errc::invalid_json, ""},
    {std::string("\0\0", 2), errc::invalid_json, ""},
    {"\xef\xbb\xbf{}", errc::invalid_json, ""},
    {R"({"from":1})", errc::invalid_json, "from"},
    {R"({"from":["a"]})", errc::invalid_json, "from"},
    {R"({"from":{}})", errc::invalid_json, "from"},
    {R"({"from":true})", errc::invalid_json, "from"},
    {R"({"to":"b"})", errc::invalid_json, "to"},
    {R"({"to":{"b":1}})", errc::invalid_json, "to"},
    {R"({"to":[1]})", errc::invalid_json, "to"},
    {R"({"to":[["b"]]})", errc::invalid_json, "to"},
    {R"({"to":[{}]})", errc::invalid_json, "to"},
    {R"({"to":["a",true]})", errc::invalid_json, "to"},
    {R"({"ack_required":"true"})", errc::invalid_json, "ack_required"},
    {R"({"ack_required":1})", errc::invalid_json, "ack_required"},
    {R"({"ack_required":[]})", errc::invalid_json, "ack_required"},
    {"{\"from\":\"a\xff\"}", errc::invalid_utf8, ""},
    {"{\"x\":\"\xc0\xaf\"}", errc::invalid_utf8, ""},
    {"{\"x\":\"\xed\xa0\x80\"}", errc::invalid_utf8, ""},
    {"{\"x\":\"\xf4\x90\x80\x80\"}", errc::invalid_utf8, ""},
    {"{\"\xe6\xbc\":1}", errc::invalid_utf8, ""},
  }));
  CAPTURE(one.text);
  const auto body = read_send(one.text);
  REQUIRE_FALSE(body);
  CHECK(body.why().code == one.code);
  CHECK_FALSE(body.why().detail.empty());
  if (!one.field.empty())
    CHECK(body.why().where == one.field);
}

TEST_CASE("metadata takes only strings", "[json]") {
  for (const auto* text :
       {R"({"metadata":[]})", R"({"metadata":{"k":1}})", R"({"metadata":{"k":["v"]}})",
        R"({"metadata":{"k":{}}})", R"({"metadata":"k"})", R"({"capabilities":{"x":1}})"}) {
    CAPTURE(text);
    CHECK_FALSE(read_agent(text));
  }
}

TEST_CASE("a whole number is one without a fraction or an exponent", "[json]") {
  const auto ttl = [](const std::string& text) {
    const auto body = read_reserve(R"({"ttl_minutes":)" + text + R"(,"reason":"r"})");
    if (!body)
      CHECK(body.why().where == "ttl_minutes");
    else
      CHECK(body->reason == "r");
    return body ? std::optional{body->ttl_minutes} : std::nullopt;
  };
  CHECK(ttl("5") == 5);
  CHECK(ttl("0") == 0);
  CHECK(ttl("-0") == 0);
  CHECK(ttl("-7") == -7);
  CHECK(ttl("null") == 0);
  CHECK(ttl("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(ttl("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  for (const auto* bad : {"1.5", "1.0", "1e2", "1E0", "9223372036854775808", "1e400", "\"5\"",
                          "true", "[5]", "{}", "\"\""}) {
    CAPTURE(bad);
    CHECK(ttl(bad) == std::nullopt);
  }
  CHECK(read_reserve(R"({"ttl_minutes":3,"ttl_minutes":4})")->ttl_minutes == 4);
  CHECK(read_reserve(R"({"ttl_minutes":3,"ttl_minutes":null})")->ttl_minutes == 3);
  CHECK(read_reserve(R"({"x":{"ttl_minutes":9},"y":[9],"ttl_minutes":3})")->ttl_minutes == 3);
  CHECK_FALSE(read_reserve(R"({"ttl_minutes":05})"));
  CHECK_FALSE(read_reserve(R"({"agent_id":5})"));
}

TEST_CASE("nesting is bounded and deep bodies do no harm", "[json]") {
  CHECK(read_send(R"({"x":)" + nested(63, "[", "]") + "}"));
  CHECK_FALSE(read_send(R"({"x":)" + nested(64, "[", "]") + "}"));
  CHECK(read_send(R"({"x":)" + nested(63, R"({"y":)", "}") + "}"));
  CHECK_FALSE(read_send(R"({"x":)" + nested(64, R"({"y":)", "}") + "}"));
  CHECK_FALSE(read_send(nested(100'000, "[", "]")));
  CHECK_FALSE(read_send(R"({"x":)" + nested(100'000, "[", "]") + "}"));
  CHECK_FALSE(read_send(nested(100'000, R"({"x":)", "}")));
  CHECK_FALSE(json::is_json(std::string(10'000'000, '[')));
}

TEST_CASE("lone surrogate escapes become U+FFFD", "[json]") {
  const std::vector<std::pair<std::string, std::string>> cases{
    {R"(a\ud800z)", "a\xEF\xBF\xBDz"},
    {R"(\udc00)", "\xEF\xBF\xBD"},
    {R"(\uD83D)", "\xEF\xBF\xBD"},
    {R"(\ud800\ud800)", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {R"(\ud83dx)", "\xEF\xBF\xBDx"},
    {R"(\ud83d\n)", "\xEF\xBF\xBD\n"},
    {R"(\ud83d\ude80)", "\xF0\x9F\x9A\x80"},
    {R"(\ud83d\ud83d\ude80)", "\xEF\xBF\xBD\xF0\x9F\x9A\x80"},
    {R"(\\ud83d)", R"(\ud83d)"},
    {R"(\\\ud83d)", "\\\xEF\xBF\xBD"},
    {R"(\u00e4)", "\xC3\xA4"},
  };
  for (const auto& [escaped, plain] : cases) {
    CAPTURE(escaped);
    const auto body = read_send(R"({"body":")" + escaped + R"("})");
    REQUIRE(body);
    CHECK(body->body == plain);
    CHECK(json::is_utf8(body->body));
  }
  CHECK_FALSE(read_send(R"({"body":"\ud8"})"));
  CHECK_FALSE(read_send(R"({"body":"\u12)"));
}

TEST_CASE("UTF-8 is told from what only looks like it", "[json]") {
  for (const auto* good :
       {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "eight bytes and \xC3\xA4 then more"})
    CHECK(json::is_utf8(good));
  for (const auto* bad :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xC3", "\xE6\xBC",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "eight bytes \xC3"})
    CHECK_FALSE(json::is_utf8(bad));
}

TEST_CASE("strings are escaped as JSON asks, and no more", "[json]") {
  CHECK(as_json("") == R"("")");
  CHECK(as_json("plain text, <a> & 'b'") == R"("plain text, <a> & 'b'")");
  CHECK(as_json("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(as_json("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(as_json(std::string("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
  CHECK(as_json("\xE2\x80\xA8\xF0\x9F\x9A\x80") == "\"\xE2\x80\xA8\xF0\x9F\x9A\x80\"");
  for (std::size_t at = 0; at < 20; ++at) { // Wherever it stands in a run of eight.
    std::string text(20, '\x80');
    text[at] = '"';
    auto expected = "\"" + text + "\"";
    expected.insert(at + 1, "\\");
    CHECK(as_json(text) == expected);
  }
}

TEST_CASE("times are written as the contract says", "[json]") {
  const auto written = [](std::int64_t ns) {
    std::string out;
    json::append_time(out, base::from_nanoseconds(ns));
    return out;
  };
  for (const std::int64_t ns :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{1'700'000'000'000'000'000},
        std::int64_t{1'700'000'000'500'000'000}, std::int64_t{1'790'000'049'052'288'930},
        std::int64_t{4'102'444'799'999'999'999}, std::int64_t{951'782'400'000'000'100}}) {
    CHECK(written(ns) == "\"" + base::rfc3339(base::from_nanoseconds(ns)) + "\"");
    std::string seconds;
    json::append_seconds(seconds, base::from_nanoseconds(ns));
    CHECK(seconds == "\"" + base::rfc3339_seconds(base::from_nanoseconds(ns)) + "\"");
  }
}

TEST_CASE("a message is written in the order of the contract, empty members left out", "[json]") {
  domain::message message;
  message.project = "p2";
  message.id = "my-id";
  message.thread_id = "t1";
  message.from = "alice";
  message.recipients = {{"bob", domain::recipient_kind::to}};
  message.body = "one";
  message.ack_required = true;
  message.created_at = base::from_nanoseconds(1'700'000'000'000'000'000);
  const auto shared = std::make_shared<const domain::message>(message);
  std::string text;
  const std::string bob = "bob";
  json::append_value(text, wire::row_of({2, shared, domain::recipient_kind::to, {}, {}}, bob));
  CHECK(text
        == R"({"id":"my-id","thread_id":"t1","project":"p2","from":"alice","to":["bob"],)"
           R"("body":"one","ack_required":true,"created_at":"2023-11-14T22:13:20Z",)"
           R"("cursor":2})");
}

TEST_CASE("a blind copy is seen by its own recipient alone", "[json]") {
  domain::message message;
  message.recipients = {{"bob", domain::recipient_kind::to},
                        {"carol", domain::recipient_kind::cc},
                        {"dan", domain::recipient_kind::bcc},
                        {"eve", domain::recipient_kind::bcc}};
  const auto shared = std::make_shared<const domain::message>(message);
  const auto seen_by = [&](const std::string& reader) {
    std::string text;
    json::append_value(text, wire::row_of({1, shared, domain::recipient_kind::to, {}, {}}, reader));
    return text;
  };
  CHECK(seen_by("bob").find("dan") == std::string::npos);
  CHECK(seen_by("carol").find("bcc") == std::string::npos);
  CHECK(seen_by("dan").find(R"("cc":["carol"],"bcc":["dan"])") != std::string::npos);
  CHECK(seen_by("eve").find(R"("bcc":["eve"])") != std::string::npos);
}

TEST_CASE("the delivery of a send is a word for one and an object for several", "[json]") {
  const auto reply = [](std::vector<std::string> to, std::vector<std::string> unknown = {}) {
    std::string text;
    wire::append_sent(text, {"m", 7, std::move(to), {}, std::move(unknown), {}, false});
    return text;
  };
  CHECK(reply({"bob"}) == "{\"message_id\":\"m\",\"cursor\":7,\"delivery\":\"async\"}\n");
  CHECK(reply({"c", "b"})
        == "{\"message_id\":\"m\",\"cursor\":7,\"delivery\":{\"b\":\"async\",\"c\":\"async\"}}\n");
  CHECK(reply({}) == "{\"message_id\":\"m\",\"cursor\":7}\n");
  CHECK(reply({"b"}, {"b"})
        == "{\"message_id\":\"m\",\"cursor\":7,\"delivery\":\"async\","
           "\"unknown_recipients\":[\"b\"]}\n");
}

TEST_CASE("a message that nobody got directly has null as its recipients", "[json]") {
  domain::message message;
  message.recipients = {{"dan", domain::recipient_kind::cc}};
  const auto shared = std::make_shared<const domain::message>(message);
  std::string text;
  const std::string dan = "dan";
  json::append_value(text, wire::row_of({1, shared, domain::recipient_kind::cc, {}, {}}, dan));
  CHECK(text.find(R"("to":null,"cc":["dan"])") != std::string::npos);
}

TEST_CASE("outside an inbox the sender sees all blind copies, others their own", "[json]") {
  domain::message message;
  message.from = "alice";
  message.recipients = {{"bob", domain::recipient_kind::to},
                        {"dan", domain::recipient_kind::bcc},
                        {"", domain::recipient_kind::bcc}};
  actors::message_list page;
  page.messages.push_back({9, std::make_shared<const domain::message>(message)});
  const auto seen_by = [&](const std::string& reader) {
    std::string one;
    json::append_value(one, wire::row_of(page.messages.front(), reader));
    std::string listed;
    wire::append_page(listed, page, reader, 0);
    CHECK(listed == "{\"messages\":[" + one + "],\"cursor\":9}\n");
    const auto bcc = one.find("\"bcc\"");
    return bcc == std::string::npos ? "" : one.substr(bcc, one.find(']', bcc) + 1 - bcc);
  };
  CHECK(seen_by("alice") == R"("bcc":["dan",""])");
  CHECK(seen_by("dan") == R"("bcc":["dan"])");
  CHECK(seen_by("bob").empty());
  CHECK(seen_by("mallory").empty());
  CHECK(seen_by("").empty()); // Who says nothing of himself is not the agent without a name.
}

TEST_CASE("lists of objects and values that may be missing are written", "[json]") {
  std::string text;
  json::append_value(text, std::vector<actors::conflict>{});
  CHECK(text == "[]");
  text.clear();
  const auto at = base::from_nanoseconds(1'700'000'000'000'000'000);
  json::append_value(text, std::vector<actors::conflict>{{"r", "a", "n", "p", "", at},
                                                         {"s", "b", "m", "q", "why", at}});
  CHECK(text
        == R"([{"reservation_id":"r","agent_id":"a","held_by":"n","pattern":"p",)"
           R"("expires_at":"2023-11-14T22:13:20Z"},)"
           R"({"reservation_id":"s","agent_id":"b","held_by":"m","pattern":"q","reason":"why",)"
           R"("expires_at":"2023-11-14T22:13:20Z"}])");
  text.clear();
  json::append_value(text, std::optional<base::wall_time>{});
  json::append_value(text, std::optional{json::whole_seconds{at + std::chrono::milliseconds{7}}});
  CHECK(text == "null\"2023-11-14T22:13:20Z\"");
}
