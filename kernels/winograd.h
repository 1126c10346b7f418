// Convolutions of 3x3 windows by Winograd's algorithm, with a quarter of the multiplications: forward pass and both gradients, maps with channels last.
#pragma once

#include "convolution.h"

namespace ssc {

class Winograd {
 public:
  // Whether it is the faster way for these shapes of input, weight and result, and numbers of this type.
  static bool pays(Pass pass, const Window& o, Type type, const Dims& x, const Dims& w, const Dims& y);

  Winograd(Pass pass, const Window& o, const Dims& x, const Dims& w, const Dims& y);
  ~Winograd();
  // first and second are those of Convolution::run, of T, float or BFloat16, as is out but for the gradient of a weight, which is float. Transforms and products are float.
  template <class T>
  void run(Call& call, const T* first, const T* second, void* out) const;

 private:
  struct Products;  // of matrices, one for each of the 36 places of a tile

  template <class T>
  void convolve(Call& call, const T* in, const T* w, T* out) const;
  template <class T>
  void weight_grad(Call& call, const T* x, const T* dy, float* dw) const;
  template <class T>
  void transform_weights(Call& call, const T* w, float* u) const;
  void transform_sums(Call& call, size_t pieces, const float* sums, float* dw) const;
  template <class Transform, class T>
  void gather(const Map& m, int64_t overlap_top, int64_t overlap_left, int64_t first, int64_t count, int64_t stride, const T* maps, float* to) const;
  template <class T>
  void scatter(int64_t first, const float* products, T* maps) const;

  const Pass pass_;
  Map in_, out_;        // of the convolution; for a weight gradient, of x and dy
  int64_t top_, left_;  // padding
  int64_t across_, per_map_, tiles_, block_;
  std::unique_ptr<Products> products_;
};

}  // namespace ssc
