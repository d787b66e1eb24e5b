// bench_limits FOLDER: what this machine's kernel can do per CPU second, as JSON. It is the floor
// under every broker: receive + write to the page cache + checksum for a produce, sendfile for a
// fetch.
#include "protocol/crc32c.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t mebibyte = 1u << 20;
constexpr std::size_t file_bytes = 1024 * mebibyte;
constexpr std::size_t stream_bytes = 2048 * mebibyte;

template <class T>
T check(T result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

double cpu_seconds_of_this_thread() {
  rusage usage{};
  check(getrusage(RUSAGE_THREAD, &usage), "getrusage");
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// CPU seconds per GB of what `work` does with `bytes`, in the calling thread.
template <class Work>
double cost(std::size_t bytes, Work&& work) {
  const auto begin = cpu_seconds_of_this_thread();
  work();
  return (cpu_seconds_of_this_thread() - begin) / (static_cast<double>(bytes) / 1e9);
}

// A loopback connection: {sender, receiver}.
std::pair<int, int> make_stream() {
  const int listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check(bind(listener, generic, size), "bind");
  check(getsockname(listener, generic, &size), "getsockname");
  check(listen(listener, 1), "listen");
  const int sender = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(connect(sender, generic, size), "connect");
  const int receiver = check(accept(listener, nullptr, nullptr), "accept");
  close(listener);
  return {sender, receiver};
}

void receive_all(int socket, std::vector<char>& buffer) {
  while (check(recv(socket, buffer.data(), buffer.size(), 0), "recv") > 0) {
  }
  close(socket);
}

double receive_cost() {
  const auto [sender, receiver] = make_stream();
  std::thread source([sender = sender] {
    const std::vector<char> data(256 * 1024, 'x');
    for (std::size_t sent = 0; sent < stream_bytes;)
      sent += static_cast<std::size_t>(check(send(sender, data.data(), data.size(), 0), "send"));
    close(sender);
  });
  std::vector<char> buffer(256 * 1024);
  const auto found =
      cost(stream_bytes, [&, receiver = receiver] { receive_all(receiver, buffer); });
  source.join();
  return found;
}

double sendfile_cost(int file) {
  const auto [sender, receiver] = make_stream();
  std::thread sink([receiver = receiver] {
    std::vector<char> buffer(256 * 1024);
    receive_all(receiver, buffer);
  });
  const auto found = cost(stream_bytes, [&, sender = sender] {
    for (std::size_t sent = 0; sent < stream_bytes;) {
      auto position = static_cast<off_t>(sent % file_bytes);
      sent +=
          static_cast<std::size_t>(check(sendfile(sender, file, &position, mebibyte), "sendfile"));
    }
  });
  close(sender);
  sink.join();
  return found;
}

double write_cost(int file, const std::vector<char>& block) {
  return cost(file_bytes, [&] {
    for (std::size_t at = 0; at < file_bytes; at += block.size())
      check(pwrite(file, block.data(), block.size(), static_cast<off_t>(at)), "pwrite");
  });
}

double checksum_cost(const std::vector<char>& block) {
  volatile std::uint32_t sum = 0;
  return cost(file_bytes, [&] {
    for (std::size_t at = 0; at < file_bytes; at += block.size())
      sum = sum ^ ottla::crc32c(std::as_bytes(std::span{block}));
  });
}

double sync_ms(int file) {
  std::vector<double> took(200);
  const std::vector<char> block(4096, 'x');
  for (std::size_t i = 0; i < took.size(); ++i) {
    check(
        pwrite(file, block.data(), block.size(), static_cast<off_t>(file_bytes + i * block.size())),
        "pwrite");
    const auto begin = std::chrono::steady_clock::now();
    check(fdatasync(file), "fdatasync");
    took[i] =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  }
  std::ranges::sort(took);
  return took[took.size() / 2];
}

void measure(const std::string& path) {
  const int file =
      check(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), path.c_str());
  unlink(path.c_str());
  const std::vector<char> block(mebibyte, 'x');
  // The first pass may pay for memory that the hypervisor has not handed out yet: nobody's cost.
  write_cost(file, block);
  check(ftruncate(file, 0), "ftruncate");
  const auto write = write_cost(file, block);
  const auto checksum = checksum_cost(block);
  const auto receive = receive_cost();
  const auto send = sendfile_cost(file);
  fmt::print(
      R"({{"receive": {:.3f}, "write_new_pages": {:.3f}, "crc32c": {:.3f}, "sendfile": {:.3f}, "fdatasync_p50_ms": {:.3f}}})"
      "\n",
      receive, write, checksum, send, sync_ms(file));
  close(file);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(std::string(argc > 1 ? argv[1] : ".") + "/bench-limits.tmp");
  } catch (const std::exception& failure) {
    fmt::print(stderr, "bench_limits: {}\n", failure.what());
    return 1;
  }
  return 0;
}
