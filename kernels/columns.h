// Weight gradients of convolutions whose windows have strides, maps with channels last: products of the results' gradients with the columns of pixels that the windows see.
#pragma once

#include "convolution.h"

namespace ssc {

class Columns {
 public:
  // Whether a convolution is one of these, and this the faster way for it.
  static bool pays(Pass pass, const Window& o, const Dims& w);

  Columns(const Window& o, const Dims& x, const Dims& w, const Dims& y);

  // For maps of T, float or BFloat16.
  template <class T>
  void weight_grad(const Call& call, const T* x, const T* dy, float* dw) const;

 private:
  template <class T>
  void gather(const T* x, int64_t channel, int64_t from, int64_t to, T* columns) const;
  void add_up(const Call& call, int64_t pieces, const float* sums, float* dw) const;

  Map in_, out_;
  int64_t high_, wide_;  // the window
  int64_t top_, left_, down_, right_;  // padding; strides
  int64_t lines_;        // rows of all results
  int64_t count_;        // channels of x that are taken together
};

}  // namespace ssc
