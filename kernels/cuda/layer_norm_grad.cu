// LayerNormGrad: with x^ = (x - mean)*r, r = 1/sqrt(variance + epsilon) and g = dy*w, dx = (g - mean(g) - x^*mean(g*x^))*r of each row, dw = sum dy*x^ and db = sum dy over the rows. Three kernels: dx, as
// LayerNorm, with mean and r of each row; sums over pieces of the rows, in pieces times ceil(width/32) blocks of a multiple of 32 threads; and their totals.
#include "block.cuh"

// moments is [rows][2].
template <class T>
__device__ void layer_norm_grad(const T* dy, const T* x, const float* w, T* dx, float* moments, long long rows, int width, float epsilon) {
  for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
    const T *const in = x + row * width, *const d = dy + row * width;
    float sum = 0, squares = 0, plain = 0, turned = 0;
    for (int k = threadIdx.x; k < width; k += blockDim.x) sum += number(in[k]);
    const float mean = joined<Sum>(sum) / width;
    for (int k = threadIdx.x; k < width; k += blockDim.x) {
      const float c = number(in[k]) - mean, g = number(d[k]) * w[k];
      squares += c * c, plain += g, turned += g * c;
    }
    const float r = 1 / sqrtf(joined<Sum>(squares) / width + epsilon), level = joined<Sum>(plain) / width, slope = joined<Sum>(turned) * r / width;
    for (int k = threadIdx.x; k < width; k += blockDim.x) store(dx + row * width + k, (number(d[k]) * w[k] - level - (number(in[k]) - mean) * r * slope) * r);
    if (threadIdx.x == 0) moments[2 * row] = mean, moments[2 * row + 1] = r;
  }
}
extern "C" __global__ void LayerNormGrad(const float* dy, const float* x, const float* w, float* dx, float* moments, long long rows, int width, float epsilon) {
  layer_norm_grad(dy, x, w, dx, moments, rows, width, epsilon);
}
extern "C" __global__ void LayerNormGradBF16(const bf16* dy, const bf16* x, const float* w, bf16* dx, float* moments, long long rows, int width, float epsilon) {
  layer_norm_grad(dy, x, w, dx, moments, rows, width, epsilon);
}

// partial is [pieces][2][width].
template <class T>
__device__ void layer_norm_grad_sums(const T* dy, const T* x, const float* moments, float* partial, long long rows, int width, int pieces) {
  column_sums(rows, width, pieces, partial, [&](long long row, int k, float& plain, float& turned) {
    const float d = number(dy[row * width + k]);
    plain += d, turned += d * ((number(x[row * width + k]) - moments[2 * row]) * moments[2 * row + 1]);
  });
}
extern "C" __global__ void LayerNormGradSums(const float* dy, const float* x, const float* moments, float* partial, long long rows, int width, int pieces) {
  layer_norm_grad_sums(dy, x, moments, partial, rows, width, pieces);
}
extern "C" __global__ void LayerNormGradSumsBF16(const bf16* dy, const bf16* x, const float* moments, float* partial, long long rows, int width, int pieces) {
  layer_norm_grad_sums(dy, x, moments, partial, rows, width, pieces);
}

extern "C" __global__ void LayerNormGradTotals(const float* partial, float* dw, float* db, int width, int pieces) {
  for EACH(k, width) {
    double plain, turned;
    column_total(partial, pieces, width, static_cast<int>(k), plain, turned);
    dw[k] = static_cast<float>(turned), db[k] = static_cast<float>(plain);
  }
}
