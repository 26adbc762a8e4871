// Allocation as the whole program sees it, its shared libraries too: counted, then done by libc.

#include "tests/counts/counters.hpp"

#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <new>

// How libc names its own allocator, for programs that put something before it.
extern "C" {
void* __libc_malloc(std::size_t size);                          // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);       // NOLINT
void* __libc_realloc(void* old, std::size_t size);              // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t size); // NOLINT
void __libc_free(void* old);                                    // NOLINT
}

namespace {

using intermute::tests::counts::count;
using intermute::tests::counts::counted;

void* counted_new(std::size_t size, std::size_t alignment) {
  count(counted::allocations);
  count(counted::allocated_bytes, size);
  void* const made = alignment == 0 ? __libc_malloc(size) : __libc_memalign(alignment, size);
  if (made == nullptr)
    throw std::bad_alloc{};
  return made;
}

} // namespace

// The other forms of new and delete call these.
void* operator new(std::size_t size) { return counted_new(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted_new(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* old) noexcept { __libc_free(old); }
void operator delete(void* old, std::size_t) noexcept { __libc_free(old); }
void operator delete(void* old, std::align_val_t) noexcept { __libc_free(old); }

extern "C" {

void* malloc(std::size_t size) noexcept {
  count(counted::c_allocations);
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept {
  count(counted::c_allocations);
  return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) noexcept {
  count(counted::c_allocations);
  return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count(counted::c_allocations);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count(counted::c_allocations);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** made, std::size_t alignment, std::size_t size) noexcept {
  count(counted::c_allocations);
  *made = __libc_memalign(alignment, size);
  return *made == nullptr ? ENOMEM : 0;
}

void free(void* old) noexcept { __libc_free(old); }

} // extern "C"
