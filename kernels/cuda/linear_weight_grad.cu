// LinearWeightGrad: dy^T*x and the sums of dy over the rows, of dy, rows x out, and x, rows x in. Four kernels: the products over pieces of the rows, in pieces times ceil(out/64) times ceil(in/64) blocks of
// product_threads threads; their totals; sums of columns, and theirs.
#include "product.cuh"

// partial is [pieces][out][in].
template <class T>
__device__ void linear_weight_grad(const T* dy, const T* x, float* partial, long long rows, int in, int out, int pieces) {
  product<T, true, true>(blockIdx.x, out, in, rows, pieces, Matrix<T>{dy, rows, out, out}, Matrix<T>{x, rows, in, in},
                         [&](long long row, long long column, int piece, float v) { partial[(static_cast<long long>(piece) * out + row) * in + column] = v; });
}
extern "C" __global__ void __launch_bounds__(product_threads) LinearWeightGrad(const float* dy, const float* x, float* partial, long long rows, int in, int out, int pieces) {
  linear_weight_grad(dy, x, partial, rows, in, out, pieces);
}
extern "C" __global__ void __launch_bounds__(product_threads) LinearWeightGradBF16(const bf16* dy, const bf16* x, float* partial, long long rows, int in, int out, int pieces) {
  linear_weight_grad(dy, x, partial, rows, in, out, pieces);
}

extern "C" __global__ void LinearWeightGradTotals(const float* partial, float* dw, long long n, int pieces) {
  for EACH(i, n) {
    float sum = 0;
    for (int p = 0; p < pieces; p++) sum += partial[p * n + i];
    dw[i] = sum;
  }
}

template <class T>
__device__ void linear_weight_grad_sums(const T* dy, float* partial, long long rows, int out, int pieces) {
  column_sums(rows, out, pieces, partial, [&](long long row, int c, float& a, float&) { a += number(dy[row * out + c]); });
}
extern "C" __global__ void LinearWeightGradSums(const float* dy, float* partial, long long rows, int out, int pieces) { linear_weight_grad_sums(dy, partial, rows, out, pieces); }
extern "C" __global__ void LinearWeightGradSumsBF16(const bf16* dy, float* partial, long long rows, int out, int pieces) { linear_weight_grad_sums(dy, partial, rows, out, pieces); }

extern "C" __global__ void LinearWeightGradOffsets(const float* partial, float* db, int out, int pieces) {
  for EACH(c, out) {
    double sum, other;
    column_total(partial, pieces, out, static_cast<int>(c), sum, other);
    db[c] = static_cast<float>(sum);
  }
}
