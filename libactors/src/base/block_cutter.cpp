#include "base/block_cutter.hpp"

#include "base/limits.hpp"

namespace millrace {
namespace {

/// It goes back to the pool when its last holder lets go.
std::shared_ptr<char[]> take_block(std::size_t size) {
  return {static_cast<char*>(block_pool::take(size)),
          [size](char* used) { block_pool::give(used, size); }};
}

}  // namespace

char* block_cutter::cut(std::size_t size) {
  constexpr auto step = alignof(std::max_align_t);
  size = (size + step - 1) / step * step;
  if (size > limits::block_size) {
    owner_ = take_block(size);
    return owner_.get();
  }
  if (!block_ || used_ + size > limits::block_size) {
    block_ = take_block(limits::block_size);
    used_ = 0;
  }
  if (owner_ != block_) owner_ = block_;
  char* const piece = block_.get() + used_;
  used_ += size;
  return piece;
}

}  // namespace millrace
