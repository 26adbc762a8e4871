#include "bench/load/hold_keeper.hpp"

#include "bench/load/response_reader.hpp"

namespace intermute::bench {

hold_keeper::hold_keeper(const request_plan& plan, std::size_t connection, hold_book& holds)
  : plan_{plan}, connection_{connection}, project_{plan.project_of(connection)}, holds_{holds} {}

std::string_view hold_keeper::reserve(std::size_t file) {
  file_ = file;
  releasing_ = false;
  text_ = plan_.reserve_request(project_, plan_.sender(connection_), plan_.file(file));
  return text_;
}

std::string_view hold_keeper::release() {
  releasing_ = true;
  holds_.releasing(project_, file_, reservation_);
  text_ = plan_.release_request(plan_.sender(connection_), reservation_);
  return text_;
}

void hold_keeper::answered(const response& answer, violations& broken) {
  const bool well = outcome_of(answer.status) == outcome::ok;
  if (releasing_) {
    if (well)
      holds_.released(project_, reservation_);
    else if (outcome_of(answer.status) == outcome::refused)
      return; // It is still held: asked for again.
    reservation_.clear();
    return;
  }
  if (!well)
    return;
  const std::string id{text_member(answer.body, "id")};
  if (id.empty())
    return broken.add("reservation without id", answer.body.substr(0, 200));
  const auto& agent = plan_.sender(connection_);
  if (const auto other = holds_.granted(project_, file_, id, agent); !other.empty())
    broken.add("file granted twice", plan_.file(file_) + " to " + agent + " and " + other);
  reservation_ = id;
}

void hold_keeper::lost() {
  if (releasing_)
    reservation_.clear(); // In doubt: released or not.
}

} // namespace intermute::bench
