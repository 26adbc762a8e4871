#include "transport/json/decode.hpp"

#include "transport/json/utf8.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>

namespace intermute::transport::json {
namespace {

using base::errc;
using size = rapidjson::SizeType;

// Numbers stay text: so none is rounded, and `1.0` can be told from `1`.
constexpr unsigned common = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
// In place, since RapidJSON's own check of UTF-8 costs four times what the rest does: it goes
// byte by byte, ours by eight.
constexpr unsigned first_value
  = common | rapidjson::kParseStopWhenDoneFlag | rapidjson::kParseInsituFlag;
constexpr unsigned whole_text = common | rapidjson::kParseValidateEncodingFlag;

/// Takes RapidJSON's events and puts the values where `target` says. Returning false ends the
/// parse; `wrong` then says why.
class filler {
public:
  explicit filler(target& into) : into_(into) {}

  std::string wrong; ///< One sentence, if the shape was wrong.
  std::string field; ///< The member being read.

  bool StartObject() { // NOLINT(readability-identifier-naming): RapidJSON's names
    if (!deeper())
      return false;
    if (depth_ == 1 || state_ == state::skipping)
      return true;
    auto** map = depth_ == 2 ? std::get_if<std::optional<string_map>*>(&place_) : nullptr;
    if (map != nullptr) {
      (*map)->emplace();
      state_ = state::map;
      return true;
    }
    return skip_or_refuse("an object");
  }
  bool Key(const char* text, size length, bool) { // NOLINT(readability-identifier-naming)
    if (state_ == state::map) {
      map_key_.assign(text, length);
    } else if (state_ == state::members) {
      field.assign(text, length);
      place_ = into_.find(field);
    }
    return true;
  }
  bool EndObject(size) { return shallower(); } // NOLINT(readability-identifier-naming)

  bool StartArray() { // NOLINT(readability-identifier-naming)
    if (!deeper())
      return false;
    if (depth_ == 1)
      return refuse("The body must be a JSON object.");
    if (state_ == state::skipping)
      return true;
    list_ = depth_ == 2 ? list_of_place() : nullptr;
    if (list_ == nullptr)
      return skip_or_refuse("an array");
    list_->clear();
    state_ = state::list;
    return true;
  }
  bool EndArray(size) { return shallower(); } // NOLINT(readability-identifier-naming)

  bool String(const char* text, size length, bool) { // NOLINT(readability-identifier-naming)
    switch (state_) {
    case state::skipping: return true;
    case state::list: list_->emplace_back(text, length); return true;
    case state::map: map_value().assign(text, length); return true;
    case state::members: break;
    }
    if (auto** to = std::get_if<std::string*>(&place_); depth_ == 1 && to != nullptr) {
      (*to)->assign(text, length);
      return true;
    }
    return ignore_or_refuse("a string");
  }
  bool Bool(bool value) { // NOLINT(readability-identifier-naming)
    if (auto** to = std::get_if<bool*>(&place_);
        depth_ == 1 && state_ == state::members && to != nullptr) {
      **to = value;
      return true;
    }
    return ignore_or_refuse("a boolean");
  }
  bool RawNumber(const char* text, size length, bool) { // NOLINT(readability-identifier-naming)
    auto** to = std::get_if<std::int64_t*>(&place_);
    if (depth_ != 1 || state_ != state::members || to == nullptr)
      return ignore_or_refuse("a number");
    const auto [stop, ec] = std::from_chars(text, text + length, **to);
    return (ec == std::errc{} && stop == text + length)
           || ignore_or_refuse("a number that is not whole or too large");
  }
  bool Null() { // NOLINT(readability-identifier-naming)
    if (state_ == state::list)
      list_->emplace_back();
    else if (state_ == state::map)
      map_value().clear();
    else if (state_ == state::members && depth_ == 1)
      forget_place();
    return true;
  }

  // Never called, as numbers stay text; RapidJSON asks for them all the same.
  bool Int(int) { return ignore_or_refuse("a number"); }              // NOLINT
  bool Uint(unsigned) { return ignore_or_refuse("a number"); }        // NOLINT
  bool Int64(std::int64_t) { return ignore_or_refuse("a number"); }   // NOLINT
  bool Uint64(std::uint64_t) { return ignore_or_refuse("a number"); } // NOLINT
  bool Double(double) { return ignore_or_refuse("a number"); }        // NOLINT

private:
  enum class state : std::uint8_t { members, list, map, skipping };

  bool deeper() { return ++depth_ <= depth_max || refuse("The body is nested too deeply."); }
  bool shallower() {
    if (--depth_ == 1)
      state_ = state::members;
    return true;
  }
  bool refuse(std::string_view why) {
    wrong = why;
    return false;
  }
  /// A container where none is wanted: skipped if nobody knows the member.
  bool skip_or_refuse(std::string_view got) {
    if (state_ == state::members && std::holds_alternative<std::monostate>(place_)) {
      state_ = state::skipping;
      return true;
    }
    return ignore_or_refuse(got);
  }
  /// A value that fits nowhere: ignored if nobody knows the member.
  bool ignore_or_refuse(std::string_view got) {
    if (depth_ == 0)
      return refuse("The body must be a JSON object.");
    if (state_ == state::skipping
        || (state_ == state::members && std::holds_alternative<std::monostate>(place_)))
      return true;
    wrong = "The member \"" + field + "\" has the wrong type: " + std::string{got} + ".";
    return false;
  }
  [[nodiscard]] strings* list_of_place() {
    if (auto** list = std::get_if<strings*>(&place_))
      return *list;
    if (auto** list = std::get_if<std::optional<strings>*>(&place_))
      return &(*list)->emplace();
    return nullptr;
  }
  std::string& map_value() { return (**std::get<std::optional<string_map>*>(place_))[map_key_]; }
  void forget_place() {
    if (auto** list = std::get_if<strings*>(&place_))
      (*list)->clear();
    else if (auto** maybe_list = std::get_if<std::optional<strings>*>(&place_))
      (*maybe_list)->reset();
    else if (auto** map = std::get_if<std::optional<string_map>*>(&place_))
      (*map)->reset();
  }

  target& into_;
  std::size_t depth_ = 0;
  state state_ = state::members;
  place place_;
  strings* list_ = nullptr;
  std::string map_key_;
};

/// Takes anything that is not nested too deeply.
struct depth_counter : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, depth_counter> {
  std::size_t depth = 0;
  bool StartObject() { return ++depth <= depth_max; } // NOLINT(readability-identifier-naming)
  bool StartArray() { return ++depth <= depth_max; }  // NOLINT(readability-identifier-naming)
  bool EndObject(size) {                              // NOLINT(readability-identifier-naming)
    --depth;
    return true;
  }
  bool EndArray(size) { // NOLINT(readability-identifier-naming)
    --depth;
    return true;
  }
};

base::error error_of(const rapidjson::ParseResult& done, filler& filled) {
  if (!filled.wrong.empty())
    return {errc::invalid_json, std::move(filled.wrong), std::move(filled.field)};
  const bool of_member = done.Code() == rapidjson::kParseErrorNumberTooBig;
  return {errc::invalid_json,
          std::string{"The body is not valid JSON at byte "} + std::to_string(done.Offset()) + ": "
            + rapidjson::GetParseError_En(done.Code()),
          of_member ? std::move(filled.field) : std::string{}};
}

} // namespace

base::result<void> decode_into(std::string& body, target& into) {
  if (const auto fine = utf8_length(body); fine != body.size())
    return {errc::invalid_utf8,
            "Byte " + std::to_string(fine) + " of the body is not valid UTF-8."};
  mend_surrogates(body);
  filler filled{into};
  rapidjson::Reader reader;
  rapidjson::InsituStringStream input{body.data()}; // A zero byte ends it as the end does.
  const auto done = reader.Parse<first_value>(input, filled);
  if (done.IsError())
    return error_of(done, filled);
  return {};
}

bool is_json(std::string_view text) {
  depth_counter counter;
  rapidjson::Reader reader;
  rapidjson::MemoryStream input{text.data(), text.size()};
  return !reader.Parse<whole_text>(input, counter).IsError();
}

} // namespace intermute::transport::json
