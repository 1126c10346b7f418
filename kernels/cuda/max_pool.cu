// MaxPool: the largest element of each window; padding never wins, and what is no number does. Any number of blocks.
#include "pool.cuh"

template <class T>
__device__ void max_pool(const T* x, T* y, long long images, int lanes, const Side& high, const Side& wide) {
  const int size = high.size * wide.size * lanes;
  for EACH(i, images * (high.out * wide.out * lanes)) {
    const Element e(i, high.out, wide.out, lanes);
    float best = -infinity();
    window(x + e.image * size + e.lane, high, wide, lanes, e.row, e.column, [&](int, int, float v) { best = v <= best ? best : v; });
    store(y + i, best);
  }
}
extern "C" __global__ void MaxPool(const float* x, float* y, long long images, int lanes, int rows, int columns, int out_rows, int out_columns, int window_rows, int window_columns, int row_stride,
                                   int column_stride, int top, int left) {
  max_pool(x, y, images, lanes, {rows, out_rows, window_rows, row_stride, top}, {columns, out_columns, window_columns, column_stride, left});
}
extern "C" __global__ void MaxPoolBF16(const bf16* x, bf16* y, long long images, int lanes, int rows, int columns, int out_rows, int out_columns, int window_rows, int window_columns, int row_stride,
                                       int column_stride, int top, int left) {
  max_pool(x, y, images, lanes, {rows, out_rows, window_rows, row_stride, top}, {columns, out_columns, window_columns, column_stride, left});
}
