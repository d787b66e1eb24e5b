// Builds for ThreadSanitizer only: CAF's reference counts where the sanitizer sees them.
//
// The packaged library is not instrumented, so what the last owner does after counting down seems
// to race with every earlier owner. These four functions have the bodies that CAF 0.17 gives them
// (the whole 0.17 series has the same); being defined in the program, they are also what the
// library calls. The mailbox is the other half: pinned.hpp.
#include <caf/actor_control_block.hpp>
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

}  // namespace caf
