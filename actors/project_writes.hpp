#pragma once

#include "actors/change_log.hpp"
#include "actors/requests.hpp"

namespace intermute::actors {

/// A message on its way to the disk, and what its sender is told.
class send_context final : public replying<send_message> {
public:
  /// @param told  Complete but for the cursor and whether it was a repeat.
  send_context(cell_ptr owner, op_ptr request, sent told)
    : replying(std::move(owner), std::move(request)), told_(std::move(told)) {}
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;

protected:
  [[nodiscard]] std::optional<sent> reply_to(const storage::change& what) const override;

private:
  sent told_;
};

/// A broadcast on its way to the disk.
class broadcast_context final : public replying<broadcast> {
public:
  /// @param told  Complete but for the cursor.
  broadcast_context(cell_ptr owner, op_ptr request, broadcast_done told)
    : replying(std::move(owner), std::move(request)), told_(std::move(told)) {}
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;

protected:
  [[nodiscard]] std::optional<broadcast_done> reply_to(const storage::change& what) const override;

private:
  broadcast_done told_;
};

/// A read or ack on its way to the disk.
class mark_context final : public replying<mark_message> {
public:
  using replying::replying;
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;

protected:
  [[nodiscard]] std::optional<marked> reply_to(const storage::change& what) const override;
};

} // namespace intermute::actors
