#include "observe/log.hpp"

#include "base/text.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <utility>

namespace intermute::observe {
namespace {

constexpr std::string_view time_pattern = "%Y-%m-%dT%H:%M:%S.%eZ";

/// Writes the message as a JSON string, so that no text can break the line's form.
class json_message final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& what, const std::tm&,
              spdlog::memory_buf_t& into) override {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                      rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>
      out{text};
    if (!out.String(what.payload.data(), static_cast<rapidjson::SizeType>(what.payload.size()))) {
      into.append(std::string_view{"\"(a line that is not UTF-8)\""});
      return;
    }
    into.append(std::string_view{text.GetString(), text.GetSize()});
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

} // namespace

logger make_logger(const std::string& level, bool json) {
  auto made = std::make_shared<spdlog::logger>("intermute",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  const std::string time{time_pattern};
  formatter->add_flag<json_message>('*').set_pattern(
    json ? R"({"time":")" + time + R"(","level":"%l","message":%*})" : time + " %l %v");
  made->set_formatter(std::move(formatter));
  made->set_level(spdlog::level::from_str(level));
  made->flush_on(spdlog::level::info);
  return made;
}

logger silent_logger() {
  return std::make_shared<spdlog::logger>("silent",
                                          std::make_shared<spdlog::sinks::null_sink_mt>());
}

std::string field(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
           || c == '_' || c == '.' || c == '/' || c == ':';
  });
  return plain ? std::string{text} : base::quoted(text);
}

} // namespace intermute::observe
