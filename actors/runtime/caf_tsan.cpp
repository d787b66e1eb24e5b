// Builds for ThreadSanitizer only: CAF's counts where the sanitizer sees them.
//
// The packaged library is not instrumented, so what the last owner of an actor or message does
// after counting down seems to race with every earlier owner, and what follows the wait for the end
// of all actors with what they did last. These functions have the bodies that CAF 0.17 gives them;
// being defined in the program, they are also what the library calls. The mailbox is the other
// half: pinned.hpp.
#include <caf/actor_control_block.hpp>
#include <caf/actor_registry.hpp>
#include <caf/ref_counted.hpp>

namespace caf {

bool intrusive_ptr_upgrade_weak(actor_control_block* block) {
  auto count = block->strong_refs.load();
  while (count != 0) {
    if (block->strong_refs.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void intrusive_ptr_release_weak(actor_control_block* block) {
  if (block->weak_refs == 1 || block->weak_refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    block->block_dtor(block);
  }
}

void intrusive_ptr_release(actor_control_block* block) {
  if (block->strong_refs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->data_dtor(block->get());
  intrusive_ptr_release_weak(block);
}

void ref_counted::deref() const noexcept {
  if (unique()) return request_deletion(false);
  if (rc_.fetch_sub(1, std::memory_order_acq_rel) == 1) request_deletion(true);
}

void actor_registry::dec_running() {
  if (--running_ > 1) return;
  std::unique_lock lock{running_mtx_};
  running_cv_.notify_all();
}

void actor_registry::await_running_count_equal(size_t expected) const {
  std::unique_lock lock{running_mtx_};
  while (running_ != expected) running_cv_.wait(lock);
}

}  // namespace caf
