#include "actors/group/group_loader.hpp"

#include <utility>

#include "actors/runtime/log.hpp"

namespace ottla {

group_loader::group_loader(caf::actor_config& config, unit& works_for, group_loader_setup setup)
    : pinned(config, works_for), setup_(std::move(setup)), next_(setup_.begin) {}

group_loader_handle::behavior_type group_loader::make_behavior() {
  return {
      [this](const load_groups&) -> caf::result<groups_loaded> {
        promise_ = make_response_promise<groups_loaded>();
        read();
        return promise_;
      },
      // The high watermark has moved: there is more to read now.
      [this](const partition_changed&) { read(); },
  };
}

void group_loader::on_exit() {
  if (promise_.pending()) promise_.deliver(groups_loaded{error_code::not_coordinator, {}, 0, 0, 0});
  setup_.partition = nullptr;
}

void group_loader::read() {
  if (next_ >= setup_.end) return finish(error_code::none);
  read_partition wanted;
  wanted.fetch_offset = next_;
  wanted.max_bytes = setup_.buffer_bytes;
  wanted.at_least_one_batch = true;
  wanted.current_epoch = setup_.epoch;
  wanted.watch = partition_watch{caf::weak_actor_ptr{ctrl()}, 1, 1};
  request(setup_.partition, caf::infinite, std::move(wanted))
      .then([this](const read_result& result) { has_read(result); },
            [this](const caf::error&) { finish(error_code::not_coordinator); });
}

void group_loader::has_read(const read_result& result) {
  if (result.error != error_code::none) return finish(result.error);
  // Nothing: it is not safe to be read yet, and the watch tells when it is.
  if (size_bytes(gather_list{result.records}) == 0) return;
  if (!replay(result)) return finish(error_code::corrupt_message);
  read();
}

bool group_loader::replay(const read_result& result) {
  auto bytes = flatten({result.records});
  if (!bytes) {
    log::error(setup_.subject, "cannot be read: {}", bytes.error().message);
    return false;
  }
  record_batch_walk walk{bytes->view()};
  const auto before = next_;
  for (auto batch = walk.next(); batch && *batch; batch = walk.next()) {
    if (auto applied = replay_.apply(**batch); !applied) {
      log::error(setup_.subject, "offset {}: {}", next_, applied.error().message);
      return false;
    }
    next_ = (**batch).header().next_offset();
  }
  return next_ > before;
}

void group_loader::finish(error_code error) {
  groups_loaded loaded;
  loaded.error = error;
  loaded.records = replay_.records();
  loaded.foreign = replay_.foreign();
  loaded.unreadable = replay_.unreadable();
  loaded.groups = std::make_shared<loaded_groups>(replay_.take());
  promise_.deliver(std::move(loaded));
  quit();
}

}  // namespace ottla
