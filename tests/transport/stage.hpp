#pragma once

#include "raw_client.hpp"
#include "rig.hpp"

#include <rapidjson/document.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace intermute::tests {

/// A server whose actors answer what the test says, one request at a time.
class stage : public rig {
public:
  stage() {
    front.on_submit = [this](actors::op& what) {
      const std::lock_guard guard{mutex_};
      return play_ && play_(what);
    };
  }
  ~stage() { stop(std::chrono::seconds{5}); } // Before what its io thread calls is gone.

  /// Only callers with the key `key-p` (of project p), `key-q` (of q) or `key-op` get in.
  void want_keys() {
    auto keys = std::make_shared<config::keyring>();
    keys->add("key-p", {"p", false});
    keys->add("key-q", {"q", false});
    keys->add("key-op", {"", true});
    keys->allow_localhost = false;
    rules.keys = std::move(keys);
  }

  /// What one request came to.
  template <class Request>
  struct heard {
    Request request; ///< As it reached the actors.
    std::optional<actors::idempotency> claim;
    std::string kept; ///< The form in which its reply is kept.
    raw_answer answer;
  };

  /// Sends a request that has to reach the actors as a `Request`, and answers with `reply`.
  template <class Request>
  heard<Request> hear(const std::string& text, typename Request::reply reply = {}) {
    heard<Request> got;
    bool came = false;
    play([&](actors::op& what) {
      if (what.kind() != Request::kind)
        return false;
      auto& one = static_cast<actors::op_of<Request>&>(what);
      came = true;
      got.request = one.request;
      if (one.claimed() != nullptr)
        got.claim = *one.claimed();
      got.kept = one.kept_form(reply);
      one.answer(reply);
      return true;
    });
    got.answer = exchange(text);
    CAPTURE(text, got.answer.body);
    REQUIRE(came);
    return got;
  }

  /// The answer to a request whose op is played by `handle`.
  raw_answer play_out(const std::string& text, std::function<void(actors::op&)> handle) {
    play([&](actors::op& what) {
      handle(what);
      return true;
    });
    return exchange(text);
  }

  /// What becomes of a request: `asked` when it reaches the actors, else `400 missing_field`.
  std::string outcome(const std::string& text) {
    bool came = false;
    const auto answer = play_out(text, [&](actors::op& what) {
      came = true;
      what.fail({base::errc::internal, {}, {}});
    });
    if (came)
      return "asked";
    return std::to_string(answer.status) + " " + member_of(answer, "code");
  }

  /// A text member of the JSON object that an answer is; empty if it has none of that name.
  static std::string member_of(const raw_answer& answer, const char* name) {
    rapidjson::Document body;
    body.Parse(answer.body);
    const bool has = body.IsObject() && body.HasMember(name) && body[name].IsString();
    return has ? body[name].GetString() : "";
  }

private:
  void play(std::function<bool(actors::op&)> next) {
    const std::lock_guard guard{mutex_};
    play_ = std::move(next);
  }
  raw_answer exchange(const std::string& text) {
    auto answer = raw_client{port}.exchange(text);
    play({});
    return answer;
  }

  std::mutex mutex_;
  std::function<bool(actors::op&)> play_; ///< Guarded by `mutex_`.
};

} // namespace intermute::tests
