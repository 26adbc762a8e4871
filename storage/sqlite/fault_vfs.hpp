#pragma once

namespace intermute::storage::sqlite {

/// The name of the VFS to open files with: in a faults build one that wraps the default VFS and
/// stops at the fault point `writer.sync`; else null, which means the default.
/// Registers it under its own name the first time; never becomes the default. Safe from any thread.
[[nodiscard]] const char* fault_vfs();

} // namespace intermute::storage::sqlite
