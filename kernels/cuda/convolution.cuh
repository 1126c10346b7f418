// Convolutions as products of matrices of which one is never stored: the pixels that windows see. Weights are [out, in/group, high, wide]; maps have their channels last or before rows and columns.
#pragma once

#include "product.cuh"

// The shape of a convolution: a map of images x rows x columns x in becomes one of images x out_rows x out_columns x out by windows of high x wide taps.
#define CONVOLUTION \
  int images, int rows, int columns, int in, int out_rows, int out_columns, int out, int group, int high, int wide, int row_stride, int column_stride, int row_dilation, int column_dilation, int top, int left, int last
#define CONVOLUTION_OF \
  { images, rows, columns, in, out_rows, out_columns, out, group, high, wide, row_stride, column_stride, row_dilation, column_dilation, top, left, last != 0 }

// The channels of a group in a map.
template <class T>
struct Map {
  T* p;
  int rows, columns, channels;
  long long image, row, column, channel;  // distances of neighbours

  __device__ Map(T* p, int rows, int columns, int all, int group, int groups, bool last) : p(p), rows(rows), columns(columns), channels(all / groups) {
    channel = last ? 1 : static_cast<long long>(rows) * columns, column = last ? all : 1, row = columns * column, image = static_cast<long long>(rows) * columns * all;
    this->p += group * channels * channel;
  }
  // An element of the map's pixel of a number.
  __device__ T* at(long long pixel, long long c) const {
    const int size = rows * columns;
    return p + pixel / size * image + pixel % size * column + c * channel;
  }
};

// A matrix for products: a line for each pixel of images x rows x columns, of the taps of its window, each with all channels of the map. Backwards it has the pixels whose windows see the line's.
template <class T>
struct Windows {
  Map<const T> map;
  long long lines;
  int rows, columns, taps, wide, row_stride, column_stride, row_dilation, column_dilation, top, left;
  bool back;

  struct Line {
    const T* image;  // null behind the last
    int row, column;
  };
  struct Spot {
    int at, channel, row, column;
  };
  __device__ Line line(long long i) const {
    if (i >= lines) return {nullptr, 0, 0};
    const int pixel = static_cast<int>(i), size = rows * columns, r = pixel % size / columns, c = pixel % columns;
    const T* const image = map.p + pixel / size * map.image;
    if (back) return {image, r + top, c + left};
    return {image, r * row_stride - top, c * column_stride - left};
  }
  __device__ Spot spot(long long i) const {
    const int at = static_cast<int>(i), tap = at / map.channels;
    return {at, at % map.channels, tap / wide * row_dilation, tap % wide * column_dilation};
  }
  // Where a spot is on a line, null where there is nothing.
  __device__ const T* find(const Line& l, const Spot& s) const {
    int r = l.row + (back ? -s.row : s.row), c = l.column + (back ? -s.column : s.column);
    if (r < 0 || c < 0 || s.at >= taps * map.channels) return nullptr;
    if (back) {
      if (r % row_stride || c % column_stride) return nullptr;
      r /= row_stride, c /= column_stride;
    }
    return r < map.rows && c < map.columns ? l.image + r * map.row + c * map.column + s.channel * map.channel : nullptr;
  }
  __device__ Pack<T> operator()(const Line& l, const Spot& s) const {
    Pack<T> out{};
    if (!l.image) return out;
    if (map.channel == 1 && s.channel + Pack<T>::size <= map.channels) {
      const T* const from = find(l, s);
      if (from && reinterpret_cast<size_t>(from) % sizeof out == 0) return *reinterpret_cast<const Pack<T>*>(from);
      UNROLLED
      for (int i = 0; i < Pack<T>::size; i++) {
        if (from) out.v[i] = from[i];
      }
      return out;
    }
    UNROLLED
    for (int i = 0; i < Pack<T>::size; i++) {
      const T* const from = find(l, spot(s.at + i));
      if (from) out.v[i] = *from;
    }
    return out;
  }
};

struct Convolution {
  int images, rows, columns, in, out_rows, out_columns, out, group, high, wide, row_stride, column_stride, row_dilation, column_dilation, top, left;
  bool last;

  __device__ int taps() const { return high * wide; }
  __device__ long long pixels() const { return static_cast<long long>(images) * rows * columns; }
  __device__ long long out_pixels() const { return static_cast<long long>(images) * out_rows * out_columns; }

  template <class T>
  __device__ Map<T> small(T* y, int g) const {
    return {y, out_rows, out_columns, out, g, group, last};
  }
  template <class T>
  __device__ Map<T> large(T* x, int g) const {
    return {x, rows, columns, in, g, group, last};
  }
  // What the windows of the result's pixels see of x; the result's pixels that x's are seen by; and the result's pixels alone.
  template <class T>
  __device__ Windows<T> seen(const T* x, int g) const {
    return {large(x, g), out_pixels(), out_rows, out_columns, taps(), wide, row_stride, column_stride, row_dilation, column_dilation, top, left, false};
  }
  template <class T>
  __device__ Windows<T> seeing(const T* y, int g) const {
    return {small(y, g), pixels(), rows, columns, taps(), wide, row_stride, column_stride, row_dilation, column_dilation, top, left, true};
  }
  template <class T>
  __device__ Windows<T> alone(const T* y, int g) const {
    return {small(y, g), out_pixels(), out_rows, out_columns, 1, 1, 1, 1, 1, 1, 0, 0, false};
  }
};

// The group and the block in it, of blocks that are as many for each.
struct Share {
  int group;
  long long block;

  __device__ Share(int groups) : group(blockIdx.x / (gridDim.x / groups)), block(blockIdx.x % (gridDim.x / groups)) {}
};

// The weight as [out, tap, in/group]: n is the number of its elements, in that of a group's channels.
template <class T>
__device__ void last_weights(const T* w, T* to, long long n, int in, int taps) {
  for EACH(i, n) to[i] = w[(i / in / taps * in + i % in) * taps + i / in % taps];
}
