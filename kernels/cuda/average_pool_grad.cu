// AveragePoolGrad: dy divided by the elements of its window, at each of them. Any number of blocks.
#include "pool.cuh"

template <class T>
__device__ void average_pool_grad(const T* dy, T* dx, long long images, int lanes, int rows, int columns, int out_rows, int out_columns) {
  const int high = rows / out_rows, wide = columns / out_columns;
  for EACH(i, images * (rows * columns * lanes)) {
    const Element e(i, rows, columns, lanes);
    store(dx + i, number(dy[((e.image * out_rows + e.row / high) * out_columns + e.column / wide) * lanes + e.lane]) / (high * wide));
  }
}
extern "C" __global__ void AveragePoolGrad(const float* dy, float* dx, long long images, int lanes, int rows, int columns, int out_rows, int out_columns) {
  average_pool_grad(dy, dx, images, lanes, rows, columns, out_rows, out_columns);
}
extern "C" __global__ void AveragePoolGradBF16(const bf16* dy, bf16* dx, long long images, int lanes, int rows, int columns, int out_rows, int out_columns) {
  average_pool_grad(dy, dx, images, lanes, rows, columns, out_rows, out_columns);
}
