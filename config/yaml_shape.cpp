#include "config/yaml_shape.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <sstream>

namespace intermute::config {
namespace {

/// Notes where documents and aliases are, and nothing else.
class shape_reader final : public YAML::EventHandler {
public:
  yaml_shape found;
  int documents = 0;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents == 2)
      found.second_document = mark;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (documents == 1 && !found.alias)
      found.alias = mark;
  }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

} // namespace

yaml_shape shape_of(const std::string& text) {
  std::istringstream in{text};
  YAML::Parser parser{in};
  shape_reader reader;
  while (reader.documents < 2 && parser.HandleNextDocument(reader)) {
  } // Ends: each round finds a document or is the last one.
  return reader.found;
}

std::string place(const std::string& name, const YAML::Mark& mark) {
  if (mark.is_null())
    return name;
  return name + ':' + std::to_string(mark.line + 1) + ':' + std::to_string(mark.column + 1);
}

} // namespace intermute::config
