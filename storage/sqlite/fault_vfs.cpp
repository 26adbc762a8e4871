#include "storage/sqlite/fault_vfs.hpp"

#include "storage/fault_points.hpp"

#if !(defined(INTERMUTE_FAULTS) && INTERMUTE_FAULTS)

namespace intermute::storage::sqlite {

const char* fault_vfs() { return nullptr; }

} // namespace intermute::storage::sqlite

#else

#include "storage/sqlite/connection.hpp"

#include <new>

namespace intermute::storage::sqlite {
namespace {

constexpr const char* vfs_name = "intermute-faults";

/// A file of ours; the wrapped VFS's own file lies behind it in the same allocation.
struct wrapped_file {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_file* real_of(sqlite3_file* file) noexcept {
  return reinterpret_cast<wrapped_file*>(file)->real;
}

int on_sync(sqlite3_file* file, int flags) {
  const auto fault = faults::hit(faults::point::writer_sync);
  if (fault == faults::kind::io_error)
    return SQLITE_IOERR_FSYNC;
  if (fault != faults::kind::none)
    return code_of(fault);
  auto* real = real_of(file);
  return real->pMethods->xSync(real, flags);
}

/// Forwards one method of a file to the file behind it.
template <auto Method>
struct forward;

template <class... Arguments, class Result,
          Result (*sqlite3_io_methods::*Method)(sqlite3_file*, Arguments...)>
struct forward<Method> {
  static Result call(sqlite3_file* file, Arguments... arguments) {
    auto* real = real_of(file);
    return (real->pMethods->*Method)(real, arguments...);
  }
};

/// Version 2 of the methods: all but memory mapping, which is switched off anyway.
const sqlite3_io_methods methods{
  2,
  forward<&sqlite3_io_methods::xClose>::call,
  forward<&sqlite3_io_methods::xRead>::call,
  forward<&sqlite3_io_methods::xWrite>::call,
  forward<&sqlite3_io_methods::xTruncate>::call,
  on_sync,
  forward<&sqlite3_io_methods::xFileSize>::call,
  forward<&sqlite3_io_methods::xLock>::call,
  forward<&sqlite3_io_methods::xUnlock>::call,
  forward<&sqlite3_io_methods::xCheckReservedLock>::call,
  forward<&sqlite3_io_methods::xFileControl>::call,
  forward<&sqlite3_io_methods::xSectorSize>::call,
  forward<&sqlite3_io_methods::xDeviceCharacteristics>::call,
  forward<&sqlite3_io_methods::xShmMap>::call,
  forward<&sqlite3_io_methods::xShmLock>::call,
  forward<&sqlite3_io_methods::xShmBarrier>::call,
  forward<&sqlite3_io_methods::xShmUnmap>::call,
  nullptr,
  nullptr,
};

int on_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  auto* wrapped_vfs = static_cast<sqlite3_vfs*>(vfs->pAppData);
  auto* ours = new (file) wrapped_file{};
  ours->real = reinterpret_cast<sqlite3_file*>(ours + 1);
  ours->real->pMethods = nullptr;
  const auto code = wrapped_vfs->xOpen(wrapped_vfs, name, ours->real, flags, out);
  ours->base.pMethods = ours->real->pMethods != nullptr ? &methods : nullptr;
  return code;
}

/// Registered for the life of the process.
struct registration {
  sqlite3_vfs vfs{};
  bool done = false;

  registration() {
    auto* wrapped_vfs = sqlite3_vfs_find(nullptr);
    if (wrapped_vfs == nullptr)
      return;
    // The other methods of the unix VFS do not look at the VFS they are called for.
    vfs = *wrapped_vfs;
    vfs.pNext = nullptr;
    vfs.zName = vfs_name;
    vfs.szOsFile = static_cast<int>(sizeof(wrapped_file)) + wrapped_vfs->szOsFile;
    vfs.pAppData = wrapped_vfs;
    vfs.xOpen = on_open;
    done = sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }
};

} // namespace

const char* fault_vfs() {
  static const registration only;
  return only.done ? vfs_name : nullptr;
}

} // namespace intermute::storage::sqlite

#endif
