#include "observe/log.hpp"

#include <catch2/catch.hpp>
#include <rapidjson/document.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <regex>

namespace intermute::observe {
namespace {

/// What `work` writes to standard error.
std::string standard_error_of(const std::function<void()>& work) {
  std::fflush(stderr);
  auto* file = std::tmpfile();
  REQUIRE(file != nullptr);
  const int kept = ::dup(STDERR_FILENO);
  REQUIRE(::dup2(::fileno(file), STDERR_FILENO) >= 0);
  work();
  std::fflush(stderr);
  REQUIRE(::dup2(kept, STDERR_FILENO) >= 0);
  ::close(kept);
  std::rewind(file);
  std::string text(65'536, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

std::string logged(bool json, const std::string& what) {
  return standard_error_of([&] { make_logger("info", json)->info("{}", what); });
}

/// The only line of `text` as a JSON object.
rapidjson::Document object_of(const std::string& text) {
  CAPTURE(text);
  REQUIRE(text.find('\n') == text.size() - 1);
  rapidjson::Document read;
  read.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  REQUIRE_FALSE(read.HasParseError());
  REQUIRE(read.IsObject());
  return read;
}

} // namespace

TEST_CASE("a line of text has time, level and event") {
  REQUIRE(std::regex_match(
    logged(false, "started port=7338"),
    std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info started port=7338\n)"}));
}

TEST_CASE("a line of JSON has the same three") {
  const auto line = object_of(logged(true, "started port=7338"));
  REQUIRE(line.MemberCount() == 3);
  REQUIRE(line["level"].GetString() == std::string{"info"});
  REQUIRE(line["message"].GetString() == std::string{"started port=7338"});
  REQUIRE(std::regex_match(line["time"].GetString(),
                           std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"}));
}

TEST_CASE("no text can break out of its JSON line") {
  const std::string text
    = GENERATE(as<std::string>{}, R"(say "no")", R"(\)", R"(","level":"fatal)", "two\nlines\r",
               "\t\x01\x1b[31m\x7f", "\u00e9\u3000\U0001f600", "%v {} %*", "");
  CAPTURE(text);
  const auto line = object_of(logged(true, text));
  REQUIRE(line["message"].GetString() == text);
  REQUIRE(line["level"].GetString() == std::string{"info"});
}

TEST_CASE("a zero byte in a line of JSON is kept") {
  const std::string text{"a\0b", 3};
  const auto line = object_of(logged(true, text));
  REQUIRE(std::string(line["message"].GetString(), line["message"].GetStringLength()) == text);
}

TEST_CASE("a line that is not UTF-8 is still a line of JSON") {
  const std::string text = GENERATE(as<std::string>{}, "bad \xff end", "cut \xe2\x80");
  const auto line = object_of(logged(true, text));
  REQUIRE(line["message"].GetString() == std::string{"(a line that is not UTF-8)"});
}

TEST_CASE("a logger says nothing below its level") {
  const auto text = standard_error_of([] {
    const auto say = make_logger("warn", false);
    say->info("quiet");
    say->warn("loud");
    make_logger("off", false)->error("quiet");
  });
  REQUIRE(text.find("quiet") == std::string::npos);
  REQUIRE(text.find(" loud\n") != std::string::npos);
}

TEST_CASE("the silent logger is silent") {
  REQUIRE(standard_error_of([] { silent_logger()->error("quiet"); }).empty());
}

TEST_CASE("one plain word is a field as it is") {
  const std::string text
    = GENERATE(as<std::string>{}, "word", "a-b_c.d", "/var/lib/x.db", "127.0.0.1:7338", "AZaz09");
  REQUIRE(field(text) == text);
}

TEST_CASE("every other text is quoted as a field") {
  REQUIRE(field("") == R"("")");
  REQUIRE(field("two words") == R"("two words")");
  REQUIRE(field("a=b") == R"("a=b")");
  REQUIRE(field("a\nb") == R"("a\nb")");
  REQUIRE(field(R"(a"b)") == R"("a\"b")");
  REQUIRE(field("\u00e9") == "\"\u00e9\"");
}

} // namespace intermute::observe
