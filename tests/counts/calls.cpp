// The system calls of sockets, events and files as the whole program sees them, its shared
// libraries too: counted, then done by libc.

#include "tests/counts/counters.hpp"
#include "tests/counts/quiet.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>

namespace {

using intermute::tests::counts::count;
using intermute::tests::counts::counted;
using intermute::tests::counts::file_call_under_way;
using intermute::tests::counts::is_counted;
using intermute::tests::counts::pass_sync_gate;
namespace right_of_way = intermute::tests::counts::right_of_way;

/// The name of a function, as an argument of a template.
template <std::size_t Size>
struct name {
  // NOLINTNEXTLINE(google-explicit-constructor): it is written as a plain text.
  consteval name(const char (&from)[Size]) { std::copy_n(from, Size, text); }
  char text[Size]{};
};

/// The function of that name behind ours, which stands before it.
template <name Of, class Function>
Function* behind(Function*) {
  static auto* const found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, Of.text));
  return found;
}

template <name Of, class Function, class... Args>
auto count_as(counted what, Function* ours, Args... args) {
  count(what);
  return behind<Of>(ours)(args...);
}

template <name Of, class Function, class... Args>
auto on_file(Function* ours, Args... args) {
  const file_call_under_way here;
  return count_as<Of>(counted::file_calls, ours, args...);
}

/// As above, and what it says was written.
template <name Of, class Function, class... Args>
auto to_file(Function* ours, Args... args) {
  const auto written = on_file<Of>(ours, args...);
  if (written > 0)
    count(counted::file_bytes, static_cast<std::uint64_t>(written));
  return written;
}

/// Before it, there is the gate.
template <name Of, class Function>
int sync_file(Function* ours, int file) {
  pass_sync_gate();
  const file_call_under_way here;
  return count_as<Of>(counted::sync_calls, ours, file);
}

/// What reading or writing `file` counts as.
counted kind_of(int file) {
  struct stat facts {};
  if (behind<"fstat">(&::fstat)(file, &facts) != 0 || S_ISREG(facts.st_mode))
    return counted::file_calls;
  return S_ISSOCK(facts.st_mode) ? counted::socket_calls : counted::event_calls;
}

template <name Of, class Function, class... Args>
auto from_any(Function* ours, int file, Args... args) {
  const auto kind = kind_of(file);
  return kind == counted::file_calls ? on_file<Of>(ours, file, args...)
                                     : count_as<Of>(kind, ours, file, args...);
}

template <name Of, class Function, class... Args>
auto to_any(Function* ours, int file, Args... args) {
  const auto kind = kind_of(file);
  return kind == counted::file_calls ? to_file<Of>(ours, file, args...)
                                     : count_as<Of>(kind, ours, file, args...);
}

/// The calling thread has woken one that waits for events.
constinit thread_local bool owes_way = false;

void give_way() noexcept {
  owes_way = false;
  if (is_counted())
    right_of_way::give();
}

constexpr auto socket_calls = counted::socket_calls;
constexpr auto event_calls = counted::event_calls;

} // namespace

extern "C" {

// Sockets.

ssize_t recv(int file, void* to, size_t size, int flags) {
  return count_as<"recv">(socket_calls, &::recv, file, to, size, flags);
}
ssize_t recvfrom(int file, void* to, size_t size, int flags, sockaddr* from, socklen_t* length) {
  return count_as<"recvfrom">(socket_calls, &::recvfrom, file, to, size, flags, from, length);
}
ssize_t recvmsg(int file, msghdr* to, int flags) {
  return count_as<"recvmsg">(socket_calls, &::recvmsg, file, to, flags);
}
ssize_t send(int file, const void* from, size_t size, int flags) {
  return count_as<"send">(socket_calls, &::send, file, from, size, flags);
}
ssize_t sendto(int file, const void* from, size_t size, int flags, const sockaddr* to,
               socklen_t length) {
  return count_as<"sendto">(socket_calls, &::sendto, file, from, size, flags, to, length);
}
ssize_t sendmsg(int file, const msghdr* from, int flags) {
  return count_as<"sendmsg">(socket_calls, &::sendmsg, file, from, flags);
}

// Events and threads.

int epoll_wait(int file, epoll_event* events, int most, int timeout) {
  right_of_way::take();
  return count_as<"epoll_wait">(event_calls, &::epoll_wait, file, events, most, timeout);
}
int epoll_ctl(int file, int what, int about, epoll_event* event) noexcept {
  owes_way = true;
  return count_as<"epoll_ctl">(event_calls, &::epoll_ctl, file, what, about, event);
}
int timerfd_settime(int file, int flags, const itimerspec* to, itimerspec* before) noexcept {
  return count_as<"timerfd_settime">(event_calls, &::timerfd_settime, file, flags, to, before);
}
int pthread_cond_signal(pthread_cond_t* of) noexcept {
  return count_as<"pthread_cond_signal">(counted::thread_wakes, &::pthread_cond_signal, of);
}
int pthread_cond_broadcast(pthread_cond_t* of) noexcept {
  return count_as<"pthread_cond_broadcast">(counted::thread_wakes, &::pthread_cond_broadcast, of);
}
int pthread_cond_wait(pthread_cond_t* on, pthread_mutex_t* mutex) {
  const int done = behind<"pthread_cond_wait">(&::pthread_cond_wait)(on, mutex);
  give_way();
  return done;
}
int pthread_cond_clockwait(pthread_cond_t* on, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
  const int done
    = behind<"pthread_cond_clockwait">(&::pthread_cond_clockwait)(on, mutex, clock, until);
  give_way();
  return done;
}
// Who wakes a thread that waits for events may hold a mutex then: it gives way once that is free.
int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int done = behind<"pthread_mutex_unlock">(&::pthread_mutex_unlock)(mutex);
  if (owes_way)
    give_way();
  return done;
}

// Files, and what may be one.

ssize_t read(int file, void* to, size_t size) { return from_any<"read">(&::read, file, to, size); }
ssize_t readv(int file, const iovec* to, int number) {
  return from_any<"readv">(&::readv, file, to, number);
}
ssize_t pread(int file, void* to, size_t size, off_t at) {
  return on_file<"pread">(&::pread, file, to, size, at);
}
ssize_t pread64(int file, void* to, size_t size, off64_t at) {
  return on_file<"pread64">(&::pread64, file, to, size, at);
}
ssize_t write(int file, const void* from, size_t size) {
  return to_any<"write">(&::write, file, from, size);
}
ssize_t writev(int file, const iovec* from, int number) {
  return to_any<"writev">(&::writev, file, from, number);
}
ssize_t pwrite(int file, const void* from, size_t size, off_t at) {
  return to_file<"pwrite">(&::pwrite, file, from, size, at);
}
ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
  return to_file<"pwrite64">(&::pwrite64, file, from, size, at);
}
int fsync(int file) { return sync_file<"fsync">(&::fsync, file); }
int fdatasync(int file) { return sync_file<"fdatasync">(&::fdatasync, file); }

// What SQLite asks of the system beside that.

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return on_file<"open64">(&::open64, path, flags, mode);
}
int fcntl64(int file, int what, ...) {
  va_list more;
  va_start(more, what);
  void* const argument = va_arg(more, void*);
  va_end(more);
  return on_file<"fcntl64">(&::fcntl64, file, what, argument);
}
int access(const char* path, int mode) noexcept { return on_file<"access">(&::access, path, mode); }
int stat64(const char* path, struct stat64* facts) noexcept {
  return on_file<"stat64">(&::stat64, path, facts);
}
int fstat64(int file, struct stat64* facts) noexcept {
  return on_file<"fstat64">(&::fstat64, file, facts);
}
int ftruncate64(int file, off64_t size) noexcept {
  return on_file<"ftruncate64">(&::ftruncate64, file, size);
}

} // extern "C"
