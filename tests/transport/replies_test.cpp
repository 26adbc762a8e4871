#include "stage.hpp"

using namespace intermute;
using namespace intermute::tests;
using base::errc;

namespace {

const auto noon = base::from_nanoseconds(1'700'000'000'500'000'000);
const std::string noon_text = "2023-11-14T22:13:20.5Z";
const std::string noon_seconds = "2023-11-14T22:13:20Z";

/// `text` with ' for ", so that the tests can be read.
std::string quoted(std::string text) {
  std::ranges::replace(text, '\'', '"');
  return text;
}

actors::agent_view agent_of(const std::function<void(domain::agent&)>& change = {}) {
  domain::agent one;
  one.id = "a1";
  one.session_id = "s1";
  one.name = "ada";
  one.project = "p";
  one.created_at = noon;
  if (change)
    change(one);
  return {std::make_shared<const domain::agent>(std::move(one)), noon};
}

const std::string agent_members
  = "'agent_id':'a1','session_id':'s1','name':'ada','project':'p','capabilities':null,"
    "'metadata':null,'status':'','last_seen':'"
    + noon_seconds + "','created_at':'" + noon_seconds + "'";

domain::placed_message placed(domain::cursor at, const std::string& id,
                              std::vector<domain::recipient> recipients) {
  domain::message one;
  one.id = id;
  one.project = "p";
  one.thread_id = "t";
  one.from = "alice";
  one.recipients = std::move(recipients);
  one.subject = "s";
  one.body = "b";
  one.created_at = noon;
  return {at, std::make_shared<const domain::message>(std::move(one))};
}

domain::reservation reservation() {
  domain::reservation one;
  one.id = "r1";
  one.agent_id = "a1";
  one.project = "p";
  one.path_pattern = "src/*";
  one.exclusive = true;
  one.created_at = noon;
  one.expires_at = noon + std::chrono::minutes{1};
  return one;
}

const std::string reservation_members
  = "'id':'r1','agent_id':'a1','project':'p','path_pattern':'src/*','exclusive':true,"
    "'created_at':'2023-11-14T22:13:20.5Z','expires_at':'2023-11-14T22:14:20.5Z',";

const std::string send_text
  = request_text("POST /api/messages", R"({"from":"a","to":["b"],"project":"p"})");
const std::string reserve_text
  = request_text("POST /api/reservations", R"({"agent_id":"a1","path_pattern":"src/*"})");

} // namespace

TEST_CASE_METHOD(stage, "agents are shown with retired_at once they are retired", "[replies]") {
  start();
  const auto retired = agent_of([](auto& one) { one.retired_at = noon; });
  const auto shown = [&](const actors::agent_view& view) {
    return hear<actors::get_agent>(request_text("GET /api/agents/a1"), view).answer.body;
  };
  CHECK(shown(agent_of()) == quoted("{" + agent_members + "}\n"));
  CHECK(shown(retired) == quoted("{" + agent_members + ",'retired_at':'" + noon_seconds + "'}\n"));
  CHECK(
    hear<actors::list_agents>(request_text("GET /api/agents?retired=true"), {{agent_of(), retired}})
      .answer.body
    == quoted("{'agents':[{" + agent_members + "},{" + agent_members + ",'retired_at':'"
              + noon_seconds + "'}]}\n"));
  CHECK(hear<actors::patch_metadata>(
          request_text("PATCH /api/agents/a1/metadata", R"({"metadata":{"k":"v"}})"), agent_of())
          .answer.body
        == quoted("{" + agent_members + "}\n"));
}

TEST_CASE_METHOD(stage, "who is retired has a time, who is back a token", "[replies]") {
  start();
  const auto retired = agent_of([](auto& one) { one.retired_at = noon; });
  CHECK(hear<actors::retire_agent>(request_text("POST /api/agents/a1/retire"), {retired, ""})
          .answer.body
        == quoted("{" + agent_members + ",'retired_at':'" + noon_seconds + "'}\n"));
  const auto back
    = hear<actors::retire_agent>(request_text("POST /api/agents/a1/unretire"), {agent_of(), "tok"});
  CHECK(back.request.back);
  CHECK(back.answer.body == quoted("{" + agent_members + ",'retired_at':null,'token':'tok'}\n"));
}

TEST_CASE_METHOD(stage, "presence is a view of the metadata", "[replies]") {
  start();
  const auto shown
    = [&](const std::string& status, std::optional<std::map<std::string, std::string>> metadata) {
        return hear<actors::list_agents>(request_text("GET /api/agents/presence"),
                                         {{agent_of([&](auto& one) {
                                           one.status = status;
                                           one.metadata = std::move(metadata);
                                         })}})
          .answer.body;
      };
  const auto row = [&](const std::string& kind, const std::string& status, const std::string& repo,
                       const std::string& files, const std::string& rest) {
    return quoted("{'agents':[{'agent_id':'a1','kind':'" + kind + "','status':'" + status
                  + "','last_seen':'" + noon_seconds + "','repo':'" + repo + "','files':" + files
                  + "," + rest + "}]}\n");
  };
  const std::string nothing
    = "'objective':'','confidence':'unknown','active_bead_id':'','thread_id':''";
  CHECK(shown("", {}) == row("", "", "", "[]", nothing));
  CHECK(shown(" own ", {{{"status", "  "}}}) == row("", "own", "", "[]", nothing));
  CHECK(shown("own", {{{"status", " other "}, {"active_bead_confidence", " "}}})
        == row("", "other", "", "[]", nothing));
  CHECK(shown("", {{{"agent_kind", " coder "},
                    {"repo", " r "},
                    {"files_touched", R"( ["a.go", " b.go ", "", null] )"},
                    {"objective", "o"},
                    {"active_bead_confidence", " high "},
                    {"active_bead_id", " b "},
                    {"thread_id", "t "}}})
        == row("coder", "", "r", "['a.go','b.go']",
               "'objective':'o','confidence':'high','active_bead_id':'b','thread_id':'t'"));
  for (const auto* bad : {"", "  ", "a.go", "[", "{}", "[1]", "null", "\"x\"", R"(["a"] ["b"])",
                          R"(["a"],"files":["b"])", R"(["a"]})"}) {
    CAPTURE(bad);
    CHECK(shown("", {{{"files_touched", bad}}}) == row("", "", "", "[]", nothing));
  }
}

TEST_CASE_METHOD(stage, "policies and contacts are shown with their agent", "[replies]") {
  start();
  using enum domain::contact_policy;
  const std::string expected
    = quoted("{'agent_id':'x','policy':'auto','live_contact_policy':'contacts_only'}\n");
  CHECK(
    hear<actors::get_policy>(request_text("GET /api/agents/x/policy"), {automatic, contacts_only})
      .answer.body
    == expected);
  CHECK(hear<actors::set_policy>(request_text("PUT /api/agents/x/policy", R"({"policy":"auto"})"),
                                 {automatic, contacts_only})
          .answer.body
        == expected);
  CHECK(hear<actors::list_contacts>(request_text("GET /api/agents/x/contacts")).answer.body
        == quoted("{'agent_id':'x','contacts':[]}\n"));
  CHECK(hear<actors::set_contact>(request_text("PUT /api/agents/x/contacts/b"), {{"a", "b"}})
          .answer.body
        == quoted("{'agent_id':'x','contacts':['a','b']}\n"));
}

TEST_CASE_METHOD(stage, "projects come in pages", "[replies]") {
  start();
  const auto shown = [&](actors::project_list page) {
    return hear<actors::list_projects>(request_text("GET /api/projects"), std::move(page))
      .answer.body;
  };
  CHECK(shown({}) == quoted("{'items':[],'page':{'next':null,'limit':100}}\n"));
  CHECK(shown({{{"", 2}, {"p", 0}}, false})
        == quoted("{'items':[{'project':'','agents':2},{'project':'p','agents':0}],"
                  "'page':{'next':null,'limit':100}}\n"));
  CHECK(shown({{{"x", 1}}, true})
        == quoted("{'items':[{'project':'x','agents':1}],'page':{'next':'cHg','limit':100}}\n"));
}

TEST_CASE_METHOD(stage, "a send tells who refused, is unknown or retired", "[replies]") {
  start();
  const auto shown = [&](actors::sent done) {
    return hear<actors::send_message>(send_text, std::move(done)).answer;
  };
  CHECK(shown({"m", 7, {"b"}, {}, {}, {}, false}).body
        == quoted("{'message_id':'m','cursor':7,'delivery':'async'}\n"));
  CHECK(shown({"m", 7, {"b", "a"}, {"c"}, {"b"}, {"a"}, false}).body
        == quoted("{'message_id':'m','cursor':7,'denied':['c'],"
                  "'delivery':{'a':'async','b':'async'},'unknown_recipients':['b'],"
                  "'retired_recipients':['a']}\n"));
  CHECK(shown({"m", 7, {}, {"c"}, {}, {}, false}).body
        == quoted("{'message_id':'m','cursor':7,'denied':['c']}\n"));
  CHECK_FALSE(shown({"m", 7, {"b"}, {}, {}, {}, false}).headers.contains("idempotent-replay"));
  CHECK(shown({"m", 7, {"b"}, {}, {}, {}, true}).headers.at("idempotent-replay") == "true");

  const auto refused = shown({"", 0, {}, {"c", "d"}, {}, {}, false});
  CHECK(refused.status == 403);
  CHECK(refused.headers.at("content-type") == "application/problem+json");
  CHECK(member_of(refused, "code") == "policy_denied");
  CHECK(member_of(refused, "error") == "policy_denied");
  CHECK(refused.body.find(R"("denied":["c","d"])") != std::string::npos);
}

TEST_CASE_METHOD(stage, "a broadcast tells how many it reached", "[replies]") {
  start();
  const auto text
    = request_text("POST /api/broadcast", R"({"from":"a","topic":"t","body":"b","project":"p"})");
  const auto shown = [&](actors::broadcast_done done) {
    return hear<actors::broadcast>(text, std::move(done)).answer;
  };
  CHECK(shown({"m", 7, 2, {}}).body == quoted("{'message_id':'m','cursor':7,'delivered':2}\n"));
  CHECK(shown({"m", 7, 1, {"c"}}).body
        == quoted("{'message_id':'m','cursor':7,'delivered':1,'denied':['c']}\n"));
  CHECK(shown({}).body == quoted("{'message_id':'','cursor':0,'delivered':0}\n"));
  const auto refused = shown({"", 0, 0, {"c"}});
  CHECK(refused.status == 403);
  CHECK(member_of(refused, "code") == "policy_denied");
  CHECK(refused.body.find(R"("denied":["c"])") != std::string::npos);

  const auto limited = play_out(text, [](actors::op& what) {
    what.fail({errc::rate_limited, {}, {}, 17});
  });
  CHECK(limited.status == 429);
  CHECK(limited.headers.at("retry-after") == "17");
}

TEST_CASE_METHOD(stage, "a message has its cursor, and blind copies for who may see them",
                 "[replies]") {
  start();
  using enum domain::recipient_kind;
  const auto one = placed(9, "m", {{"bob", cc}, {"dan", bcc}, {"eve", bcc}});
  const auto row = [](const std::string& blind) {
    return "{'id':'m','thread_id':'t','project':'p','from':'alice','to':null,'cc':['bob']," + blind
           + "'subject':'s','body':'b','created_at':'" + noon_text + "','cursor':9}";
  };
  const std::string all = "'bcc':['dan','eve'],";
  const std::string own = "'bcc':['dan'],";
  for (const auto& [reader, blind] : std::vector<std::pair<std::string, std::string>>{
         {"alice", all}, {"dan", own}, {"bob", ""}, {"", ""}}) {
    CAPTURE(reader);
    CHECK(hear<actors::get_message>(request_text("GET /api/messages/m?agent=" + reader), one)
            .answer.body
          == quoted(row(blind) + "\n"));
    CHECK(hear<actors::read_topic>(request_text("GET /api/topics/p/t?agent=" + reader), {{one}})
            .answer.body
          == quoted("{'messages':[" + row(blind) + "],'cursor':9}\n"));
  }
  CHECK(hear<actors::read_topic>(request_text("GET /api/topics/p/t?since_cursor=4")).answer.body
        == quoted("{'messages':[],'cursor':4}\n"));
}

TEST_CASE_METHOD(stage, "a thread shows less of its messages, and its highest cursor",
                 "[replies]") {
  start();
  using enum domain::recipient_kind;
  const auto shown = [&](const std::string& query, actors::message_list page) {
    return hear<actors::read_thread>(request_text("GET /api/threads/t?" + query), std::move(page))
      .answer.body;
  };
  const auto row = [](const std::string& id, const std::string& to, int at) {
    return "{'id':'" + id + "','thread_id':'t','project':'p','from':'alice','to':" + to
           + ",'body':'b','created_at':'" + noon_text + "','cursor':" + std::to_string(at) + "}";
  };
  CHECK(shown("cursor=7", {}) == quoted("{'thread_id':'t','messages':[],'cursor':7}\n"));
  const actors::message_list page{{placed(12, "late", {{"bob", to}}),
                                   placed(9, "hidden", {{"dan", bcc}}),
                                   placed(8, "copy", {{"bob", cc}, {"dan", bcc}})}};
  const auto late = row("late", "['bob']", 12);
  const auto copy = row("copy", "null", 8);
  const auto hidden = row("hidden", "null", 9);
  const auto thread = [](const std::string& messages) {
    return quoted("{'thread_id':'t','messages':[" + messages + "],'cursor':12}\n");
  };
  CHECK(shown("", page) == thread(late + "," + copy));
  CHECK(shown("agent=bob", page) == thread(late + "," + copy));
  CHECK(shown("agent=dan", page) == thread(late + "," + hidden + "," + copy));
  CHECK(shown("agent=alice", page) == thread(late + "," + hidden + "," + copy));
  CHECK(shown("cursor=3", {{placed(9, "hidden", {{"dan", bcc}})}})
        == quoted("{'thread_id':'t','messages':[],'cursor':9}\n"));
}

TEST_CASE_METHOD(stage, "threads end with the cursor of the next page", "[replies]") {
  start();
  const auto shown = [&](const std::string& query, actors::thread_list list) {
    return hear<actors::list_threads>(request_text("GET /api/threads?agent=b" + query),
                                      std::move(list))
      .answer.body;
  };
  CHECK(shown("", {}) == quoted("{'threads':[],'cursor':0}\n"));
  CHECK(shown("&cursor=5", {}) == quoted("{'threads':[],'cursor':5}\n"));
  CHECK(shown("", {{{"t", 9, 2, "ann", "hi", noon}, {"u", 4, 1, "bob", "", noon}}})
        == quoted("{'threads':[{'thread_id':'t','last_cursor':9,'message_count':2,"
                  "'last_from':'ann','last_body':'hi','last_at':'"
                  + noon_seconds
                  + "'},{'thread_id':'u','last_cursor':4,'message_count':1,'last_from':'bob',"
                    "'last_body':'','last_at':'"
                  + noon_seconds + "'}],'cursor':4}\n"));
}

TEST_CASE_METHOD(stage, "an overdue acknowledgement tells its age", "[replies]") {
  start();
  using enum domain::recipient_kind;
  const auto text = request_text("GET /api/inbox/bob/stale-acks?project=p&ttl_seconds=60");
  CHECK(hear<actors::list_stale_acks>(text).answer.body
        == quoted("{'project':'p','agent':'bob','ttl_seconds':60,'count':0,'messages':[]}\n"));
  actors::stale_ack_list list;
  list.now = noon + std::chrono::milliseconds{61'999};
  list.entries.push_back({3, placed(3, "m", {{"bob", to}}).message, to, noon, {}});
  list.entries.push_back({4, placed(4, "n", {{"bob", bcc}}).message, bcc, {}, {}});
  const auto row = [](const std::string& id, const std::string& to_, const std::string& kind,
                      const std::string& read_at) {
    return "{'id':'" + id + "','thread_id':'t','project':'p','from':'alice','to':" + to_
           + ",'subject':'s','body':'b','created_at':'" + noon_text + "','kind':'" + kind
           + "','read_at':" + read_at + ",'age_seconds':61}";
  };
  CHECK(hear<actors::list_stale_acks>(text, list).answer.body
        == quoted("{'project':'p','agent':'bob','ttl_seconds':60,'count':2,'messages':["
                  + row("m", "['bob']", "to", "'" + noon_text + "'") + ","
                  + row("n", "null", "bcc", "null") + "]}\n"));
}

TEST_CASE_METHOD(stage, "a reservation is created with 201", "[replies]") {
  start();
  const auto shown = [&](actors::reserved done) {
    return hear<actors::reserve>(reserve_text, std::move(done)).answer;
  };
  const auto plain = shown({reservation(), false, false, {}});
  CHECK(plain.status == 201);
  CHECK(plain.body == quoted("{" + reservation_members + "'is_active':true}\n"));
  const auto odd = shown({reservation(), true, true, {}}).body;
  CHECK(odd.find(R"("is_active":true,"ttl_capped":true,"warnings":[")") != std::string::npos);

  const auto lost = shown({{}, false, false, {{"r9", "b", "bob", "src/**", "why", noon}}});
  CHECK(lost.status == 409);
  CHECK(member_of(lost, "code") == "reservation_conflict");
  CHECK(member_of(lost, "error") == "reservation_conflict");
  CHECK(lost.body.find(quoted("'conflicts':[{'reservation_id':'r9','agent_id':'b',"
                              "'held_by':'bob','pattern':'src/**','reason':'why','expires_at':'"
                              + noon_text + "'}]"))
        != std::string::npos);
}

TEST_CASE_METHOD(stage, "reservations are listed as they stand now", "[replies]") {
  start();
  const auto shown = [&](actors::reservation_list list) {
    return hear<actors::list_reservations>(request_text("GET /api/reservations?agent=a1"),
                                           std::move(list))
      .answer.body;
  };
  CHECK(shown({}) == quoted("{'reservations':[]}\n"));
  auto ended = reservation();
  ended.reason = "why";
  ended.released_at = noon;
  ended.ended = domain::release_reason::expired;
  CHECK(shown({{reservation(), ended}, noon})
        == quoted("{'reservations':[{" + reservation_members + "'is_active':true},{"
                  + "'id':'r1','agent_id':'a1','project':'p','path_pattern':'src/*',"
                    "'exclusive':true,'reason':'why','created_at':'"
                  + noon_text + "','expires_at':'2023-11-14T22:14:20.5Z','released_at':'"
                  + noon_text + "','release_reason':'expired','is_active':false}]}\n"));
  CHECK(shown({{reservation()}, noon + std::chrono::minutes{1}})
        == quoted("{'reservations':[{" + reservation_members + "'is_active':false}]}\n"));
}

TEST_CASE_METHOD(stage, "no conflicts are null, and a release has no body", "[replies]") {
  start();
  const auto text = request_text("GET /api/reservations/check?project=p&pattern=x");
  CHECK(hear<actors::check_reservation>(text).answer.body == quoted("{'conflicts':null}\n"));
  CHECK(hear<actors::check_reservation>(text, {{{"r", "a", "n", "p", "", noon}}}).answer.body
        == quoted("{'conflicts':[{'reservation_id':'r','agent_id':'a','held_by':'n',"
                  "'pattern':'p','expires_at':'"
                  + noon_text + "'}]}\n"));
  for (const auto& one : {"DELETE /api/reservations/r", "POST /api/messages/m/ack"}) {
    const auto answer = play_out(request_text(one), [](actors::op& what) {
      actors::match(
        what, [](actors::op_of<actors::release_reservation>& op) { op.answer({}); },
        [](actors::op_of<actors::mark_message>& op) { op.answer({}); });
    });
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
    CHECK_FALSE(answer.headers.contains("content-type"));
  }
}

TEST_CASE_METHOD(stage, "patterns that cannot be used are named with their place or bound",
                 "[replies]") {
  start();
  const auto refused = [&](base::error why) {
    return play_out(reserve_text, [&](actors::op& what) { what.fail(why); });
  };
  const auto invalid = refused({errc::invalid_pattern, "No closing bracket.", {}, 4});
  CHECK(invalid.status == 400);
  CHECK(invalid.body.find(R"("offset":4)") != std::string::npos);
  const auto complex = refused({errc::pattern_too_complex, {}, {}, 64});
  CHECK(complex.status == 400);
  CHECK(complex.body.find(R"("limit":64)") != std::string::npos);
}
