#include "cli/admin_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "protocol/messages/find_coordinator.hpp"

namespace ottla {
namespace {

constexpr std::chrono::milliseconds retry_pause{100};

std::string bootstrap_advice(const fault& why) {
  return why.message +
         "\nIs a broker running there? `ottla serve` starts one; --bootstrap HOST:PORT or "
         "OTTLA_BOOTSTRAP names another.";
}

/// Until when one of `count` addresses may take its time.
deadline share_of(deadline until, ptrdiff_t count) {
  constexpr std::chrono::seconds patience{2};
  auto now = std::chrono::steady_clock::now();
  return count > 1 ? std::min(now + patience, now + (until - now) / count) : until;
}

/// Kafka's sentence for an error, or a plainer one where that is about servers, not about names.
std::string_view plain_text(error_code code, std::string_view about) {
  if (code != error_code::unknown_topic_or_partition) return error_text(code);
  return about.starts_with("topic ") ? "there is no such topic" : "there is no such partition";
}

}  // namespace

fault broker_fault(error_code code, std::string_view about,
                   const std::optional<std::string>& message) {
  bool has_own = message && !message->empty() && *message != error_text(code);
  auto text = has_own ? std::string_view(*message) : plain_text(code, about);
  if (text.ends_with('.')) text.remove_suffix(1);
  return {code, fmt::format("{}: {} ({})", about, text, error_name(code))};
}

outcome<std::unique_ptr<admin_client>> admin_client::connect(const connection_options& options) {
  auto addresses = parse_bootstrap(options.bootstrap);
  if (!addresses) return std::move(addresses.error());
  std::unique_ptr<admin_client> client(new admin_client);
  client->timeout_ms_ = options.timeout_ms();
  client->until_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(client->timeout_ms_);
  fault last;
  auto left = std::ssize(*addresses);
  for (const auto& address : *addresses) {
    auto connection = broker_connection::open(address, share_of(client->until_, left--));
    if (connection) {
      client->any_ = std::move(*connection);
      return client;
    }
    last = std::move(connection.error());
  }
  last.message = bootstrap_advice(last);
  return last;
}

outcome<metadata_response> admin_client::metadata(
    const std::optional<std::vector<std::string>>& topics, bool may_create) {
  metadata_request request{.allow_auto_topic_creation = may_create};
  if (topics) {
    request.topics.emplace();
    for (const auto& name : *topics) request.topics->push_back({.name = name});
  }
  auto answer = call(request);
  if (!answer) return answer;
  if (answer->error_code != error_code::none) return broker_fault(answer->error_code, "metadata");
  remember(*answer);
  return answer;
}

void admin_client::remember(const metadata_response& cluster) {
  for (const auto& broker : cluster.brokers) {
    addresses_[broker.node_id] = {broker.host, static_cast<uint16_t>(broker.port)};
  }
}

outcome<broker_connection*> admin_client::connection_to(broker_id id) {
  auto known = connections_.find(id);
  if (known != connections_.end() && known->second->is_usable()) return known->second.get();
  auto address = addresses_.find(id);
  if (address == addresses_.end()) {
    return fault{error_code::broker_not_available,
                 fmt::format("the cluster does not say where broker {} is", id)};
  }
  auto opened = broker_connection::open(address->second, until_);
  if (!opened) {
    opened.error().message += fmt::format(
        "\nThis is the advertised address of broker {}; can this machine reach it?", id);
    return std::move(opened.error());
  }
  auto* connection = opened->get();
  connections_[id] = std::move(*opened);
  return connection;
}

outcome<broker_id> admin_client::controller() {
  return retry([&]() -> outcome<broker_id> {
    auto cluster = metadata(std::vector<std::string>{});
    if (!cluster) return std::move(cluster.error());
    if (addresses_.contains(cluster->controller_id)) return cluster->controller_id;
    return fault{error_code::not_controller, "the cluster has no controller at the moment"};
  });
}

outcome<broker_id> admin_client::coordinator(const std::string& group) {
  return retry([&]() -> outcome<broker_id> {
    // Version 4 asks for several keys at once; one form of the answer is enough here.
    auto answer = call(find_coordinator_request{.key = group}, 3);
    if (!answer) return std::move(answer.error());
    if (answer->error_code != error_code::none) {
      return broker_fault(answer->error_code, "group " + group, answer->error_message);
    }
    addresses_[answer->node_id] = {answer->host, static_cast<uint16_t>(answer->port)};
    return answer->node_id;
  });
}

outcome<std::vector<broker_id>> admin_client::brokers() {
  auto cluster = metadata(std::vector<std::string>{});
  if (!cluster) return std::move(cluster.error());
  std::vector<broker_id> ids;
  for (const auto& broker : cluster->brokers) ids.push_back(broker.node_id);
  std::ranges::sort(ids);
  return ids;
}

outcome<std::vector<led_partition>> admin_client::partitions(
    const std::vector<std::string>& topics) {
  return retry([&]() -> outcome<std::vector<led_partition>> {
    auto cluster = metadata(topics);
    if (!cluster) return std::move(cluster.error());
    std::vector<led_partition> all;
    for (const auto& topic : cluster->topics) {
      auto name = topic.name.value_or("");
      if (topic.error_code != error_code::none) {
        return broker_fault(topic.error_code, "topic " + name);
      }
      for (const auto& partition : topic.partitions) {
        all.push_back({{name, partition.partition_index}, partition.leader_id});
      }
    }
    std::ranges::sort(all, {}, &led_partition::which);
    return all;
  });
}

bool admin_client::may_retry(error_code code) const {
  // Retriable by Kafka's table, but for a foreground command the name is simply wrong.
  if (code == error_code::unknown_topic_or_partition) return false;
  // The connection is gone or the time is over.
  if (code == error_code::network_exception || code == error_code::request_timed_out) return false;
  return is_retriable(code) && std::chrono::steady_clock::now() + retry_pause < until_;
}

void admin_client::wait_before_retry() {
  std::this_thread::sleep_for(retry_pause);
}

}  // namespace ottla
