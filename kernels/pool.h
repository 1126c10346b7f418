// Pools over windows of maps: what their kernels share.
#pragma once

#include <algorithm>

#include "kernel.h"

namespace ssc {

// The attributes of a pool, with the window of the call: a map is images x rows x columns x lanes, lanes being the channels where these are the last axis and 1 else.
struct Pool {
  Dims kernel, strides, pads;
  bool last;
  int64_t images = 0, rows = 0, columns = 0, lanes = 0;  // of the input
  int64_t out_rows = 0, out_columns = 0;

  explicit Pool(const Attributes& a)
      : kernel(a.ints("kernel_shape")), strides(a.ints("strides")), pads(a.ints("pads")), last(a.integer("channels_last", 0) != 0) {
    if (strides.empty()) strides = kernel;  // side by side
    if (pads.empty()) pads = {0, 0, 0, 0};
    if (kernel.size() != 2 || strides.size() != 2 || pads.size() != 4) throw Error("pool: want two axes");
  }

  // The shape of the result for an input of shape x.
  Dims result(const Dims& x) const {
    if (x.size() != 4) throw Error("pool: the input is " + text(x) + ", want four axes");
    Dims y = x;
    for (size_t i = 0; i < 2; i++) {
      const int64_t room = x[space() + i] + pads[i] + pads[2 + i] - kernel[i];
      y[space() + i] = room < 0 ? 0 : room / strides[i] + 1;
    }
    return y;
  }
  // The pool with the window for an input of shape x.
  Pool on(const Dims& x) const {
    Pool p = *this;
    const Dims y = result(x);
    p.images = last ? x[0] : x[0] * x[1];
    p.lanes = last ? x[3] : 1;
    p.rows = x[space()], p.columns = x[space() + 1];
    p.out_rows = y[space()], p.out_columns = y[space() + 1];
    return p;
  }
  size_t space() const { return last ? 1 : 2; }
  int64_t in_size() const { return rows * columns * lanes; }  // of an image
  int64_t out_size() const { return out_rows * out_columns * lanes; }

  // Calls f(image) for all images, in pieces of about 64 Ki elements of the input.
  template <class F>
  void each(const Call& call, const F& f) const {
    const int64_t n = std::max<int64_t>(1, (int64_t{1} << 16) / std::max<int64_t>(1, in_size()));
    call.parallel((images + n - 1) / n, [&](size_t piece) {
      for (int64_t i = piece * n; i < std::min(images, static_cast<int64_t>(piece + 1) * n); i++) f(i);
    });
  }

  // Calls f(offset of the output, row, column, end of rows, end of columns) for each window of an image, with the part of it that lies on the map.
  template <class F>
  void windows(const F& f) const {
    for (int64_t r = 0; r < out_rows; r++) {
      const int64_t top = r * strides[0] - pads[0];
      for (int64_t c = 0; c < out_columns; c++) {
        const int64_t left = c * strides[1] - pads[1];
        f((r * out_columns + c) * lanes, std::max<int64_t>(0, top), std::max<int64_t>(0, left), std::min(rows, top + kernel[0]), std::min(columns, left + kernel[1]));
      }
    }
  }
};

}  // namespace ssc
