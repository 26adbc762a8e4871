#pragma once

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::cli {

/// A JSON object that came from a server; asked member by member, never wrong about types.
class json_object {
public:
  /// An empty object for a text that is no object.
  [[nodiscard]] static json_object parse(const std::string& text);

  /// Empty when there is no such text.
  [[nodiscard]] std::string text(const char* name) const;
  /// Nothing when there is no such whole number.
  [[nodiscard]] std::optional<std::uint64_t> number(const char* name) const;
  [[nodiscard]] bool is_true(const char* name) const;
  /// The objects of a list; empty when there is no such list.
  [[nodiscard]] std::vector<json_object> objects(const char* name) const;

private:
  [[nodiscard]] const rapidjson::Value* find(const char* name) const;

  rapidjson::Document all_{rapidjson::kObjectType};
};

/// Writes one JSON object, member by member.
class json_writer {
public:
  json_writer() : to_(buffer_) { to_.StartObject(); }

  json_writer& add(const char* name, const std::string& value);
  json_writer& add(const char* name, const char* value) = delete; // Would be taken for a bool.
  json_writer& add(const char* name, bool value);
  json_writer& add(const char* name, std::uint64_t value);
  json_writer& add(const char* name, const std::vector<std::string>& values);
  json_writer& add_null(const char* name);
  /// Begins an object as a member; `end` ends it.
  json_writer& begin(const std::string& name);
  json_writer& end();
  /// As `add`, but leaves an empty text, an empty list and false out.
  json_writer& add_if(const char* name, const std::string& value);
  json_writer& add_if(const char* name, const std::vector<std::string>& values);

  /// Ends the object. To be called once.
  [[nodiscard]] std::string text();

private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> to_;
};

} // namespace intermute::cli
