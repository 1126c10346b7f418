// Convolutions of 3x3 windows by Winograd's algorithm, with a quarter of the multiplications: forward pass and both gradients, maps with channels last.
#pragma once

#include "convolution.h"

namespace ssc {

class Winograd {
 public:
  // Whether it is the faster way for these shapes of input, weight and result.
  static bool pays(Pass pass, const Window& o, const Dims& x, const Dims& w, const Dims& y);

  Winograd(Pass pass, const Window& o, const Dims& x, const Dims& w, const Dims& y);
  ~Winograd();
  // first and second are those of Convolution::run.
  void run(Call& call, const float* first, const float* second, float* out) const;

 private:
  struct Products;  // of matrices, one for each of the 36 places of a tile

  // A map: rows x columns x channels, and how many.
  struct Map {
    int64_t rows, columns, channels;
  };

  void convolve(Call& call, const float* in, const float* w, float* out) const;
  void weight_grad(Call& call, const float* x, const float* dy, float* dw) const;
  void transform_sums(Call& call, size_t pieces, const float* sums, float* dw) const;
  void transform_weights(Call& call, const float* w, float* u) const;
  template <class T>
  void gather(const Map& m, int64_t overlap_top, int64_t overlap_left, int64_t first, int64_t count, int64_t stride, const float* maps, float* to) const;
  void scatter(int64_t first, const float* products, float* maps) const;

  const Pass pass_;
  Map in_, out_;        // of the convolution; for a weight gradient, of x and dy
  int64_t top_, left_;  // padding
  int64_t across_, per_map_, tiles_, block_;
  std::unique_ptr<Products> products_;
};

}  // namespace ssc
