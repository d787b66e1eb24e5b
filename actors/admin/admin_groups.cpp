// Consumer groups, for the admin interface.
#include <algorithm>
#include <caf/error.hpp>
#include <functional>
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/admin_actor.hpp"
#include "actors/admin/in_turns.hpp"
#include "actors/group/consumer_subscription.hpp"
#include "actors/group/java_string.hpp"

namespace ottla {
namespace {

constexpr size_t groups_at_a_time = 16;
/// How many partitions of one group are looked into for what waits there, and what of each.
constexpr size_t waits_max = 64;
constexpr size_t waits_at_a_time = 8;
constexpr int64_t wait_bytes_max = 16 << 10;
constexpr api_version describe_version = 6;  // says GROUP_ID_NOT_FOUND

/// Sorted partitions, each topic once.
std::vector<std::pair<std::string, std::vector<partition_index>>> by_topic(
    const std::vector<topic_partition>& partitions) {
  std::vector<std::pair<std::string, std::vector<partition_index>>> topics;
  for (const auto& each : partitions) {
    if (topics.empty() || topics.back().first != each.topic) topics.push_back({each.topic, {}});
    topics.back().second.push_back(each.partition);
  }
  return topics;
}

group_detail detail_of(const group_description& said, broker_id coordinator) {
  group_detail view{.group = said.group_id,
                    .state = said.group_state,
                    .protocol_type = said.protocol_type,
                    .protocol = said.protocol_data,
                    .coordinator = coordinator};
  for (const auto& member : said.members) {
    member_view made{.member_id = member.member_id,
                     .instance_id = member.group_instance_id,
                     .client_id = member.client_id,
                     .host = member.client_host};
    if (said.protocol_type == consumer_protocol_type) {
      made.assignment = by_topic(assigned_partitions(member.member_assignment.view()));
    }
    view.members.push_back(std::move(made));
  }
  return view;
}

std::optional<std::string> owner_of(const group_detail& view, const std::string& topic,
                                    partition_index partition) {
  for (const auto& member : view.members) {
    for (const auto& [name, partitions] : member.assignment) {
      if (name == topic && std::ranges::find(partitions, partition) != partitions.end()) {
        return member.member_id;
      }
    }
  }
  return std::nullopt;
}

void add_offsets(group_detail& view, const fetched_offsets& committed) {
  for (const auto& topic : committed.topics) {
    for (const auto& each : topic.partitions) {
      if (each.committed_offset < 0) continue;
      view.offsets.push_back({.topic = topic.name,
                              .partition = each.partition_index,
                              .committed = each.committed_offset,
                              .member = owner_of(view, topic.name, each.partition_index),
                              .metadata = each.metadata.value_or("")});
    }
  }
  std::ranges::sort(view.offsets, {}, [](const group_offset_view& each) {
    return std::pair<std::string_view, partition_index>{each.topic, each.partition};
  });
}

size_t topics_of(const group_detail& view) {
  std::set<std::string_view> names;
  for (const auto& each : view.offsets) names.insert(each.topic);
  return names.size();
}

void add_measures(group_row& row, const group_detail& view) {
  row.members = static_cast<int32_t>(view.members.size());
  row.topics = static_cast<int32_t>(topics_of(view));
  row.lag = view.lag();
}

bool is_wanted(const group_row& row, const groups_question& question) {
  const auto& states = question.states;
  return (states.empty() || std::ranges::find(states, row.state) != states.end()) &&
         contains_ignoring_case(row.group, question.page.search);
}

/// States in their order of names.
int64_t rank_of(const std::string& state) {
  int64_t rank = 0;
  for (size_t i = 0; i < 7; ++i) {
    rank = rank * 256 + (i < state.size() ? static_cast<unsigned char>(state[i]) : 0);
  }
  return rank;
}

}  // namespace

std::set<broker_id> admin_actor::other_coordinators(const metadata_image& image) const {
  std::set<broker_id> leaders;
  if (auto topic = image.find_topic(offsets_topic)) {
    for (partition_index i = 0; i < topic->partition_count(); ++i) {
      add_leader(leaders, topic->partition(i));
    }
  }
  return leaders;
}

void admin_actor::list_groups(std::function<void(group_rows)> use) {
  if (is_over_) return;
  auto rows =
      gather_for<group_rows>({}, [use = std::move(use)](group_rows& all) { use(std::move(all)); });
  for (const auto& coordinator : services_.groups->all()) {
    this->request(coordinator, caf::infinite, list_groups_call{})
        .then(
            [rows](const list_groups_response& part) {
              for (const auto& each : part.groups) {
                rows->push_back({.group = each.group_id,
                                 .state = each.group_state,
                                 .protocol_type = each.protocol_type});
              }
            },
            [rows](const caf::error&) {});
  }
}

/// Members, committed offsets, and how far the logs are.
void admin_actor::measure_group(const image_ptr& image, const std::string& name,
                                std::function<void(std::optional<group_detail>, error_code)> use) {
  if (is_over_) return;
  auto coordinator = services_.groups->find(name);
  if (!coordinator) return use(std::nullopt, error_code::not_coordinator);
  const auto self = services_.config->get()->node_id;
  auto gone = [use](const caf::error&) { use(std::nullopt, error_code::not_coordinator); };
  auto with_offsets = [=, this](group_detail view, const fetched_offsets& committed) {
    add_offsets(view, committed);
    std::vector<topic_id_partition> which;
    std::set<broker_id> leaders;
    for (const auto& each : view.offsets) {
      auto topic = image->find_topic(each.topic);
      const auto* record = topic ? topic->find_partition(each.partition) : nullptr;
      if (record == nullptr) continue;
      which.push_back({topic->id(), each.partition});
      add_leader(leaders, *record);
    }
    view.missing = missing(leaders);
    describe(which, [=](const partition_descriptions& known) mutable {
      for (auto& each : view.offsets) {
        auto topic = image->find_topic(each.topic);
        if (!topic) continue;
        auto found = known.find({topic->id(), each.partition});
        if (found == known.end() || !found->second.is_leader) continue;
        each.start = found->second.log_start_offset;
        each.end = found->second.high_watermark;
      }
      use(std::move(view), error_code::none);
    });
  };
  this->request(coordinator, caf::infinite, describe_group_call{name, describe_version})
      .then(
          [=, this](const group_description& said) {
            if (said.error_code != error_code::none) return use(std::nullopt, said.error_code);
            this->request(coordinator, caf::infinite, fetch_offsets_call{{.group_id = name}})
                .then(
                    [=, view = detail_of(said, self)](const fetched_offsets& committed) {
                      if (committed.error_code != error_code::none) {
                        return use(std::nullopt, committed.error_code);
                      }
                      with_offsets(view, committed);
                    },
                    gone);
          },
          gone);
}

void admin_actor::measure_groups(
    const image_ptr& image, std::vector<std::string> names,
    std::function<void(std::vector<std::optional<group_detail>>)> use) {
  using details = std::vector<std::optional<group_detail>>;
  auto found = gather_for<details>(details(names.size()),
                                   [use = std::move(use)](details& all) { use(std::move(all)); });
  in_turns::start(
      names.size(), groups_at_a_time, [=, this](size_t i, const in_turns::ended_function& ended) {
        if (is_over_) return ended();
        measure_group(image, names[i], [=](std::optional<group_detail> view, error_code) {
          (*found)[i] = std::move(view);
          ended();
        });
      });
}

void admin_actor::groups(const groups_question& question, const admin_reply<groups_page>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  list_groups([=, this](group_rows rows) {
    std::erase_if(rows, [&](const group_row& row) { return !is_wanted(row, question); });
    if (question.page.sort != "lag") return answer_groups(image, question, std::move(rows), reply);
    measure_groups(image, names_of(rows),
                   [=, this](const std::vector<std::optional<group_detail>>& found) mutable {
                     for (size_t i = 0; i < rows.size(); ++i) {
                       if (found[i]) add_measures(rows[i], *found[i]);
                     }
                     answer_groups(image, question, std::move(rows), reply);
                   });
  });
}

void admin_actor::answer_groups(const image_ptr& image, const groups_question& question,
                                group_rows rows, const admin_reply<groups_page>& reply) {
  const auto& sort = question.page.sort;
  std::vector<page_key> keys;
  std::map<std::string, group_row> by_name;
  for (auto& row : rows) {
    const auto value = sort == "lag"     ? row.lag.value_or(-1)
                       : sort == "state" ? rank_of(row.state)
                                         : 0;
    keys.push_back({value, row.group});
    by_name.emplace(row.group, std::move(row));
  }
  groups_page page;
  page.total = static_cast<int64_t>(keys.size());
  page.missing = missing(other_coordinators(*image));
  for (const auto& key : cut_page(std::move(keys), question.page, page.next)) {
    page.rows.push_back(std::move(by_name.at(key.name)));
  }
  auto names = names_of(page.rows);
  measure_groups(image, std::move(names),
                 [page = std::move(page),
                  reply](const std::vector<std::optional<group_detail>>& found) mutable {
                   for (size_t i = 0; i < page.rows.size(); ++i) {
                     if (found[i]) add_measures(page.rows[i], *found[i]);
                   }
                   reply(std::move(page));
                 });
}

/// Reads the first record that waits, on those partitions that are the furthest behind.
void admin_actor::add_waits(group_detail view, const admin_reply<group_detail>& reply) {
  std::vector<size_t> behind;
  for (size_t i = 0; i < view.offsets.size(); ++i) {
    if (view.offsets[i].lag().value_or(0) > 0) behind.push_back(i);
  }
  std::ranges::sort(behind, std::greater{}, [&](size_t i) { return view.offsets[i].lag(); });
  behind.resize(std::min(behind.size(), waits_max));
  view.as_of = time().wall_ms();
  auto filled = gather_for<group_detail>(std::move(view),
                                         [reply](group_detail& whole) { reply(std::move(whole)); });
  in_turns::start(behind.size(), waits_at_a_time,
                  [this, behind, filled](size_t n, const in_turns::ended_function& ended) {
                    if (is_over_) return ended();
                    auto* offset = &filled->offsets[behind[n]];
                    auto use = [=](outcome<records_page> page) {
                      if (page && !page->records.empty()) {
                        offset->waiting_since = page->records.front().timestamp;
                      }
                      ended();
                    };
                    records({.topic = offset->topic,
                             .partition = offset->partition,
                             .start = from_offset{std::max(offset->committed, *offset->start)},
                             .limit = 1,
                             .scan_bytes_max = wait_bytes_max,
                             .preview_bytes = 0},
                            admin_reply<records_page>{use});
                  });
}

void admin_actor::group(const std::string& name, const admin_reply<group_detail>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  measure_group(image, name, [=, this](std::optional<group_detail> view, error_code error) {
    if (view) return add_waits(std::move(*view), reply);
    reply(group_fault(*image, name, error));
  });
}

}  // namespace ottla
