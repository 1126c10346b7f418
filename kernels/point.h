// Convolutions of 1x1 windows without padding, maps with channels last: products of the pixels' rows with the weight. Weight gradients of Linear are the same product.
#pragma once

#include "convolution.h"
#include "product.h"

namespace ssc {

// The pixels that windows lie on. A line of results has as many as it has columns; without strides a line is one pixel.
class Points {
 public:
  // Whether a convolution is one of these, and this the faster way for it.
  static bool pays(Pass pass, const Window& o, Type type, const Dims& w);

  Points(const Window& o, const Dims& x, const Dims& y);
  explicit Points(int64_t count) : lines_(count) {}

  // For maps of in channels and results of out channels; w is [out, in], bias may be nullptr.
  void forward(const Call& call, int64_t in, int64_t out, const float* x, const float* w, const float* bias, float* y) const;
  void input_grad(const Call& call, int64_t in, int64_t out, const float* dy, const float* w, float* dx) const;
  // Of maps of T, float or BFloat16.
  template <class T>
  void weight_grad(const Call& call, int64_t in, int64_t out, const T* x, const T* dy, float* dw) const;

 private:
  bool strided() const { return strides_[0] > 1 || strides_[1] > 1; }
  int64_t begin(int64_t line) const;
  template <class T>
  MatrixOf<T> take(const T* x, int64_t in, int64_t channel, int64_t count, int64_t from, int64_t to, T* spare) const;
  void give(const float* rows, int64_t in, int64_t channel, int64_t count, int64_t from, int64_t to, float* dx) const;
  template <class F>
  void tiles(const Call& call, int64_t width, const F& f) const;

  int64_t lines_, across_ = 1, lines_per_map_ = 1;  // across_: pixels in a line
  int64_t map_rows_ = 1, map_columns_ = 1;
  int64_t strides_[2] = {1, 1};
};

}  // namespace ssc
