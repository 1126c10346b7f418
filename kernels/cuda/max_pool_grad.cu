// MaxPoolGrad: each element of dy goes to where x is largest in its window, the first place of several. A thread gathers what comes to a place from the windows that it is in, so that no two add to one
// number, and the sum is rounded once. Any number of blocks.
#include "pool.cuh"

template <class T>
__device__ void max_pool_grad(const T* dy, const T* x, T* dx, long long images, int lanes, const Side& high, const Side& wide) {
  const int size = high.size * wide.size * lanes, out = high.out * wide.out * lanes;
  for EACH(i, images * size) {
    const Element e(i, high.size, wide.size, lanes);
    float sum = 0;
    for (int r = high.first(e.row); r < high.behind(e.row); r++) {
      for (int c = wide.first(e.column); c < wide.behind(e.column); c++) {
        float best = -infinity();
        int row = high.begin(r), column = wide.begin(c);
        window(x + e.image * size + e.lane, high, wide, lanes, r, c, [&](int at, int across, float v) {
          if (v > best) best = v, row = at, column = across;
        });
        if (row == e.row && column == e.column) sum += number(dy[e.image * out + (r * wide.out + c) * lanes + e.lane]);
      }
    }
    store(dx + i, sum);
  }
}
extern "C" __global__ void MaxPoolGrad(const float* dy, const float* x, float* dx, long long images, int lanes, int rows, int columns, int out_rows, int out_columns, int window_rows, int window_columns,
                                       int row_stride, int column_stride, int top, int left) {
  max_pool_grad(dy, x, dx, images, lanes, {rows, out_rows, window_rows, row_stride, top}, {columns, out_columns, window_columns, column_stride, left});
}
extern "C" __global__ void MaxPoolGradBF16(const bf16* dy, const bf16* x, bf16* dx, long long images, int lanes, int rows, int columns, int out_rows, int out_columns, int window_rows,
                                           int window_columns, int row_stride, int column_stride, int top, int left) {
  max_pool_grad(dy, x, dx, images, lanes, {rows, out_rows, window_rows, row_stride, top}, {columns, out_columns, window_columns, column_stride, left});
}
