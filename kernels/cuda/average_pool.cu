// AveragePool: the mean of each window; windows lie side by side and cover the map. Any number of blocks.
#include "pool.cuh"

template <class T>
__device__ void average_pool(const T* x, T* y, long long images, int lanes, const Side& high, const Side& wide) {
  const int size = high.size * wide.size * lanes;
  for EACH(i, images * (high.out * wide.out * lanes)) {
    const Element e(i, high.out, wide.out, lanes);
    float sum = 0;
    window(x + e.image * size + e.lane, high, wide, lanes, e.row, e.column, [&](int, int, float v) { sum += v; });
    store(y + i, sum / (high.window * wide.window));
  }
}
extern "C" __global__ void AveragePool(const float* x, float* y, long long images, int lanes, int rows, int columns, int out_rows, int out_columns) {
  const int high = rows / out_rows, wide = columns / out_columns;
  average_pool(x, y, images, lanes, {rows, out_rows, high, high, 0}, {columns, out_columns, wide, wide, 0});
}
extern "C" __global__ void AveragePoolBF16(const bf16* x, bf16* y, long long images, int lanes, int rows, int columns, int out_rows, int out_columns) {
  const int high = rows / out_rows, wide = columns / out_columns;
  average_pool(x, y, images, lanes, {rows, out_rows, high, high, 0}, {columns, out_columns, wide, wide, 0});
}
