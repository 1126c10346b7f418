// Pools over windows of maps. A map is images x rows x columns x lanes: where channels are the last axis they are the lanes, else each is an image of one lane.
#pragma once

#include "block.cuh"

// The side of a window, and the map that it lies on.
struct Side {
  int size, out, window, stride, pad;

  // The part of window i that is on the map.
  __device__ int begin(int i) const { return max(0, i * stride - pad); }
  __device__ int end(int i) const { return min(size, i * stride - pad + window); }

  // The windows that place k is in.
  __device__ int first(int k) const { return k + pad < window ? 0 : (k + pad - window) / stride + 1; }
  __device__ int behind(int k) const { return min(out, (k + pad) / stride + 1); }
};

// Where an element is, of images x rows x columns x lanes. An image has fewer than 2^31.
struct Element {
  long long image;
  int row, column, lane;

  __device__ Element(long long i, int rows, int columns, int lanes) : image(i / (rows * columns * lanes)) {
    const int in = static_cast<int>(i - image * (rows * columns * lanes));
    lane = in % lanes, column = in / lanes % columns, row = in / lanes / columns;
  }
};

// Calls f(row, column, number) for what window (r, c) sees of an image's lane, in order.
template <class T, class F>
__device__ void window(const T* x, const Side& high, const Side& wide, int lanes, int r, int c, const F& f) {
  for (int row = high.begin(r); row < high.end(r); row++) {
    for (int column = wide.begin(c); column < wide.end(c); column++) f(row, column, number(x[(row * wide.size + column) * lanes]));
  }
}
