#include "bench/yardsticks/micro_case.hpp"
#include "domain/glob.hpp"
#include "transport/json/decode.hpp"
#include "transport/wire/messages.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace intermute::bench::yardsticks {

namespace {

// ---- Patterns ---------------------------------------------------------------------------------

/// What agents reserve when they know the file.
constexpr std::array<std::string_view, 12> literals{
  "cmd/intermute/main.go",
  "internal/http/router.go",
  "internal/http/router_test.go",
  "internal/storage/sqlite/sqlite.go",
  "internal/storage/sqlite/migrations/0007_reservations.sql",
  "services/billing/src/handlers/invoice_totals.cpp",
  "services/billing/src/handlers/invoice_totals.hpp",
  "web/src/components/inbox/message-list.tsx",
  "web/src/components/inbox/message-row.tsx",
  "docs/operations/backup.md",
  "go.mod",
  "Makefile",
};

/// What they reserve when they know the area.
constexpr std::array<std::string_view, 12> wilds{
  "internal/http/*.go",
  "internal/**/*_test.go",
  "**/*.sql",
  "internal/storage/**",
  "services/*/src/handlers/*.cpp",
  "services/billing/**/invoice_*.{cpp,hpp}",
  "web/src/**/*.{ts,tsx}",
  "web/src/components/{inbox,outbox}/**",
  "docs/**/*.md",
  "**/migrations/[0-9][0-9][0-9][0-9]_*.sql",
  "cmd/*/main.go",
  "*.md",
};

template <class Texts>
std::vector<domain::glob> parsed(const Texts& texts) {
  std::vector<domain::glob> all;
  for (const auto text : texts) {
    auto one = domain::glob::parse(text);
    if (!one)
      throw std::runtime_error{"the pattern " + std::string{text} + " is refused"};
    all.push_back(std::move(*one));
  }
  return all;
}

/// Whether two patterns that are parsed can match the same path: each of one list against each of
/// the other.
class pair_case final : public micro_case {
public:
  pair_case(std::vector<domain::glob> left, std::vector<domain::glob> right)
    : left_{std::move(left)}, right_{std::move(right)} {}

  double measure(std::chrono::nanoseconds time) override {
    return ns_each(time, left_.size() * right_.size(), [this] {
      for (const auto& one : left_)
        for (const auto& other : right_)
          look_at(one.overlaps(other));
    });
  }

private:
  std::vector<domain::glob> left_;
  std::vector<domain::glob> right_;
};

class parse_case final : public micro_case {
public:
  double measure(std::chrono::nanoseconds time) override {
    return ns_each(time, literals.size() + wilds.size(), [] {
      for (const auto& some : {literals, wilds})
        for (const auto text : some)
          look_at(domain::glob::parse(text));
    });
  }
};

std::unique_ptr<micro_case> make_literal_pairs(const std::filesystem::path&) {
  return std::make_unique<pair_case>(parsed(literals), parsed(literals));
}

/// A pattern with a wildcard against each of either kind.
std::unique_ptr<micro_case> make_wild_pairs(const std::filesystem::path&) {
  auto both = parsed(wilds);
  for (auto& one : parsed(literals))
    both.push_back(one);
  return std::make_unique<pair_case>(parsed(wilds), std::move(both));
}

std::unique_ptr<micro_case> make_parse(const std::filesystem::path&) {
  return std::make_unique<parse_case>();
}

// ---- JSON -------------------------------------------------------------------------------------

constexpr std::size_t body_bytes = 300;

/// The body of a send into the request of the actors. Reading destroys the text, so each is read
/// from a copy, as the server's comes from the socket.
class parse_send_case final : public micro_case {
public:
  double measure(std::chrono::nanoseconds time) override {
    return ns_each(time, at_once, [this] {
      for (std::uint64_t i = 0; i < at_once; ++i) {
        body_ = text_;
        const auto read = transport::json::decode<transport::wire::send_body>(body_);
        if (!read || read->body.size() != body_bytes)
          throw std::runtime_error{"the body of a send is not read"};
      }
    });
  }

private:
  static constexpr std::uint64_t at_once = 32;

  const std::string text_ = R"({"project":"load-000","from":"load-s-0001","to":["load-r-0001"],)"
                            R"("id":"m-01234567-0001-0000000001","body":")"
                            + std::string(body_bytes, 'x') + "\"}";
  std::string body_;
};

/// A page of 20 as the inbox's handler renders it. The messages keep what all readers see of them,
/// made at the first reading: what is measured is a page that was read before.
class render_page_case final : public micro_case {
public:
  render_page_case() {
    for (domain::cursor at = 1; at <= 20; ++at) {
      auto made = std::make_shared<domain::message>();
      made->project = "load-000";
      made->id = "m-01234567-0001-" + std::to_string(1'000'000'000 + at);
      made->from = "load-s-0001";
      made->recipients = {{reader_, domain::recipient_kind::to}};
      made->body = std::string(body_bytes, 'x');
      page_.entries.push_back({at, std::move(made), domain::recipient_kind::to, {}, {}});
    }
  }

  double measure(std::chrono::nanoseconds time) override {
    return ns_each(time, at_once, [this] {
      for (std::uint64_t i = 0; i < at_once; ++i) {
        text_.clear();
        transport::wire::append_page(text_, page_, reader_, 0);
        look_at(text_);
      }
    });
  }

private:
  static constexpr std::uint64_t at_once = 8;

  const std::string reader_ = "load-r-0001";
  actors::inbox_page page_;
  std::string text_;
};

template <class Case>
std::unique_ptr<micro_case> make(const std::filesystem::path&) {
  return std::make_unique<Case>();
}

} // namespace

std::vector<micro_row> text_rows() {
  return {{"glob.pair_literal", ns_per_op, make_literal_pairs},
          {"glob.pair_wild", ns_per_op, make_wild_pairs},
          {"glob.parse", ns_per_op, make_parse},
          {"codec.parse_send", ns_per_op, make<parse_send_case>},
          {"codec.render_page20", ns_per_op, make<render_page_case>}};
}

} // namespace intermute::bench::yardsticks
