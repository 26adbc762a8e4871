#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace intermute::config {

/// The kinds of bounded mailboxes and rings.
enum class mailbox_class : std::uint8_t { directory, project, inbox, reservations, push, writer };

/// What there is to know about one class before any configuration.
struct mailbox_class_row {
  mailbox_class id;
  std::string_view name;  ///< As in YAML, in refusals and in metrics.
  std::uint32_t capacity; ///< Default, in messages.
  std::string_view help;
};

/// Every class once, in the order of `mailbox_class`.
inline constexpr std::array<mailbox_class_row, 6> mailbox_classes{{
  {mailbox_class::directory, "directory", 4'096, "the directory of identities"},
  {mailbox_class::project, "project", 4'096, "one project"},
  {mailbox_class::inbox, "inbox", 1'024, "the inbox of one agent"},
  {mailbox_class::reservations, "reservations", 4'096, "the reservation table of one project"},
  {mailbox_class::push, "push", 8'192, "the fan-out of events to subscribers"},
  {mailbox_class::writer, "writer", 8'192, "the writer, in changes waiting to be committed"},
}};

/// How much work one actor may owe before senders are told to come back.
/// `docs/config.md` has one row per class, in the order of `mailbox_classes`.
struct mailboxes_config {
  /// Messages admitted and not yet answered, by class; 1 to 65 536 each. Live.
  std::array<std::uint32_t, mailbox_classes.size()> capacities = [] {
    std::array<std::uint32_t, mailbox_classes.size()> defaults{};
    for (std::size_t i = 0; i < defaults.size(); ++i)
      defaults[i] = mailbox_classes[i].capacity;
    return defaults;
  }();

  [[nodiscard]] std::uint32_t& capacity(mailbox_class of) {
    return capacities[static_cast<std::size_t>(of)];
  }
  [[nodiscard]] std::uint32_t capacity(mailbox_class of) const {
    return capacities[static_cast<std::size_t>(of)];
  }
};

static_assert(
  [] {
    for (std::size_t i = 0; i < mailbox_classes.size(); ++i)
      if (static_cast<std::size_t>(mailbox_classes[i].id) != i)
        return false;
    return true;
  }(),
  "mailbox_classes is out of order");

} // namespace intermute::config
