#include "cli/json.hpp"

namespace intermute::cli {

json_object json_object::parse(const std::string& text) {
  json_object made;
  made.all_.Parse<rapidjson::kParseIterativeFlag>(text); // A deep text takes no stack.
  if (made.all_.HasParseError() || !made.all_.IsObject())
    made.all_.SetObject();
  return made;
}

const rapidjson::Value* json_object::find(const char* name) const {
  const auto found = all_.FindMember(name);
  return found == all_.MemberEnd() ? nullptr : &found->value;
}

std::string json_object::text(const char* name) const {
  const auto* const found = find(name);
  if (found == nullptr || !found->IsString())
    return {};
  return {found->GetString(), found->GetStringLength()};
}

std::optional<std::uint64_t> json_object::number(const char* name) const {
  const auto* const found = find(name);
  if (found == nullptr || !found->IsUint64())
    return std::nullopt;
  return found->GetUint64();
}

bool json_object::is_true(const char* name) const {
  const auto* const found = find(name);
  return found != nullptr && found->IsTrue();
}

std::vector<json_object> json_object::objects(const char* name) const {
  std::vector<json_object> all;
  const auto* const found = find(name);
  if (found == nullptr || !found->IsArray())
    return all;
  for (const auto& one : found->GetArray())
    if (one.IsObject())
      all.emplace_back().all_.CopyFrom(one, all.back().all_.GetAllocator());
  return all;
}

json_writer& json_writer::add(const char* name, const std::string& value) {
  to_.Key(name);
  to_.String(value);
  return *this;
}

json_writer& json_writer::add(const char* name, bool value) {
  to_.Key(name);
  to_.Bool(value);
  return *this;
}

json_writer& json_writer::add(const char* name, std::uint64_t value) {
  to_.Key(name);
  to_.Uint64(value);
  return *this;
}

json_writer& json_writer::add(const char* name, const std::vector<std::string>& values) {
  to_.Key(name);
  to_.StartArray();
  for (const auto& value : values)
    to_.String(value);
  to_.EndArray();
  return *this;
}

json_writer& json_writer::add_null(const char* name) {
  to_.Key(name);
  to_.Null();
  return *this;
}

json_writer& json_writer::begin(const std::string& name) {
  to_.Key(name.c_str());
  to_.StartObject();
  return *this;
}

json_writer& json_writer::end() {
  to_.EndObject();
  return *this;
}

json_writer& json_writer::add_if(const char* name, const std::string& value) {
  return value.empty() ? *this : add(name, value);
}

json_writer& json_writer::add_if(const char* name, const std::vector<std::string>& values) {
  return values.empty() ? *this : add(name, values);
}

std::string json_writer::text() {
  to_.EndObject();
  return {buffer_.GetString(), buffer_.GetSize()};
}

} // namespace intermute::cli
