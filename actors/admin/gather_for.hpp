// A place that several continuations fill.
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace ottla {

/// `use` gets what was filled when the last of those who fill it has let go.
template <class T>
std::shared_ptr<T> gather_for(T empty, std::function<void(T&)> use) {
  return std::shared_ptr<T>(new T(std::move(empty)), [use = std::move(use)](T* filled) {
    std::unique_ptr<T> owned{filled};
    use(*owned);
  });
}

}  // namespace ottla
