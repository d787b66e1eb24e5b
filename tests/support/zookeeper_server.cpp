#include "tests/support/zookeeper_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace ottla {
namespace {

constexpr const char* jar = "/usr/share/java/zookeeper.jar";
constexpr const char* logging = "/usr/share/java/slf4j-simple.jar";
constexpr auto patience = std::chrono::seconds{60};

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Ports that were free just now; all different.
std::vector<uint16_t> free_ports(size_t count) {
  std::vector<uint16_t> ports;
  std::vector<int> sockets;
  for (size_t i = 0; i < count; ++i) {
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof(address);
    bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ports.push_back(ntohs(address.sin_port));
    sockets.push_back(socket);
  }
  for (int socket : sockets) close(socket);
  return ports;
}

/// What a server answers to one of its four-letter words; empty if it does not.
std::string ask(uint16_t port, const std::string& word) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(port);
  timeval limit{.tv_sec = 2, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  std::string answer;
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      send(socket, word.data(), word.size(), MSG_NOSIGNAL) > 0) {
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = recv(socket, part.data(), part.size(), 0)) > 0;) {
      answer.append(part.data(), static_cast<size_t>(n));
    }
  }
  close(socket);
  return answer;
}

std::string mode_of(uint16_t port) {
  auto answer = ask(port, "srvr");
  auto at = answer.find("Mode: ");
  if (at == std::string::npos) return {};
  return answer.substr(at + 6, answer.find('\n', at) - at - 6);
}

std::optional<std::string> find_java() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto candidate = folder + "/java";
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> zookeeper_is_missing() {
  if (!find_java()) return "there is no java in PATH";
  if (access(jar, R_OK) != 0) return fmt::format("there is no {} (package libzookeeper-java)", jar);
  return std::nullopt;
}

zookeeper_servers::zookeeper_servers(size_t count) {
  auto ports = free_ports(count * 3);
  for (size_t i = 0; i < count; ++i) {
    servers_.push_back(
        {.folder = fmt::format("{}/{}", directory_.path(), i + 1), .port = ports[i]});
  }
  for (size_t i = 0; i < count; ++i) {
    write_config(i, {ports.begin() + static_cast<ptrdiff_t>(count), ports.end()});
  }
  for (size_t i = 0; i < count; ++i) start(i);
  for (size_t i = 0; i < count; ++i) wait_until_serving(i);
}

zookeeper_servers::~zookeeper_servers() {
  for (size_t i = 0; i < servers_.size(); ++i) kill(i);
}

void zookeeper_servers::write_config(size_t number, const std::vector<uint16_t>& quorum_ports) {
  const auto& self = servers_[number];
  std::filesystem::create_directories(self.folder + "/data");
  std::ofstream(self.folder + "/data/myid") << number + 1;
  std::ofstream config(self.folder + "/zoo.cfg");
  config << "tickTime=500\ninitLimit=40\nsyncLimit=20\nminSessionTimeout=500\n"
         << "maxSessionTimeout=60000\nadmin.enableServer=false\nmaxClientCnxns=0\n"
         << "4lw.commands.whitelist=*\nclientPortAddress=127.0.0.1\n"
         << "dataDir=" << self.folder << "/data\nclientPort=" << self.port << "\n";
  if (servers_.size() == 1) return;
  for (size_t i = 0; i < servers_.size(); ++i) {
    config << fmt::format("server.{}=127.0.0.1:{}:{}\n", i + 1, quorum_ports[2 * i],
                          quorum_ports[2 * i + 1]);
  }
}

void zookeeper_servers::start(size_t server) {
  auto& self = servers_[server];
  auto java = find_java().value_or("java");
  auto jars = fmt::format("{}:{}", jar, logging);
  auto config = self.folder + "/zoo.cfg";
  auto output = self.folder + "/server.log";
  std::array<const char*, 11> command = {java.c_str(),
                                         "-Xmx128m",
                                         "-Xss256k",
                                         "-XX:+UseSerialGC",
                                         "-XX:TieredStopAtLevel=1",
                                         "-Dzookeeper.forceSync=no",
                                         "-cp",
                                         jars.c_str(),
                                         "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                                         config.c_str(),
                                         nullptr};
  self.process = fork();
  if (self.process != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int log = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(java.c_str(), const_cast<char* const*>(command.data()));
  _exit(127);
}

void zookeeper_servers::wait_until_serving(size_t server) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (mode_of(servers_[server].port).empty()) {
    if (std::chrono::steady_clock::now() > end) {
      std::ifstream log(servers_[server].folder + "/server.log");
      std::fprintf(stderr, "ZooKeeper does not serve:\n%s\n",
                   (std::ostringstream{} << log.rdbuf()).str().c_str());
      std::abort();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

void zookeeper_servers::kill(size_t server) {
  auto& process = servers_[server].process;
  if (process <= 0) return;
  ::kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  process = -1;
}

std::string zookeeper_servers::connect() const {
  std::string list;
  for (const auto& server : servers_) {
    list += fmt::format("{}127.0.0.1:{}", list.empty() ? "" : ",", server.port);
  }
  return list;
}

std::optional<size_t> zookeeper_servers::leader() const {
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i].process > 0 && mode_of(servers_[i].port) == "leader") return i;
  }
  return std::nullopt;
}

}  // namespace ottla
