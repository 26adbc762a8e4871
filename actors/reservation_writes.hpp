#pragma once

#include "actors/change_log.hpp"
#include "actors/requests.hpp"

namespace intermute::actors {

/// A reservation on its way to the disk.
class reserve_context final : public replying<reserve> {
public:
  reserve_context(cell_ptr owner, op_ptr request, reserved told)
    : replying(std::move(owner), std::move(request)), told_(std::move(told)) {}
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;

protected:
  [[nodiscard]] std::optional<reserved> reply_to(const storage::change& what) const override;

private:
  reserved told_;
};

/// The end of a reservation on its way to the disk.
class release_context final : public replying<release_reservation> {
public:
  using replying::replying;
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;

protected:
  [[nodiscard]] std::optional<released> reply_to(const storage::change& what) const override;
};

/// Ends that nobody asked for: the time of the reservations is over.
class expiry_context final : public write_context {
public:
  explicit expiry_context(cell_ptr owner) : write_context(std::move(owner), nullptr) {}
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;
};

} // namespace intermute::actors
