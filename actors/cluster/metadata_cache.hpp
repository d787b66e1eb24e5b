// The newest metadata image of this broker, for every actor that asks. Any thread.
#pragma once

#include <mutex>

#include "actors/cluster/metadata_image.hpp"

namespace ottla {

class metadata_cache {
public:
  /// Null until the first image has been read from the store.
  [[nodiscard]] image_ptr get() const {
    std::lock_guard lock(mutex_);
    return image_;
  }
  /// Only metadata_actor publishes.
  void set(image_ptr image) {
    {
      std::lock_guard lock(mutex_);
      image_.swap(image);
    }
    // The old image, perhaps with all its buckets, is freed here, outside the lock.
  }

private:
  mutable std::mutex mutex_;
  image_ptr image_;
};

}  // namespace ottla
