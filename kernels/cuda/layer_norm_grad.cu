// LayerNormGrad: with x^ = (x - mean)*r, r = 1/sqrt(variance + epsilon) and g = dy*w, dx = (g - mean(g) - x^*mean(g*x^))*r of each row, dw = sum dy*x^ and db = sum dy over the rows. Three kernels: dx, as
// LayerNorm, with mean and r of each row; sums over pieces of the rows, in pieces times ceil(width/32) blocks of a multiple of 32 threads; and their totals.
#include "block.cuh"

// moments is [rows][2].
extern "C" __global__ void LayerNormGrad(const float* dy, const float* x, const float* w, float* dx, float* moments, long long rows, int width, float epsilon) {
  for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
    const float *const in = x + row * width, *const d = dy + row * width;
    float sum = 0, squares = 0, plain = 0, turned = 0;
    for (int k = threadIdx.x; k < width; k += blockDim.x) sum += in[k];
    const float mean = joined<Sum>(sum) / width;
    for (int k = threadIdx.x; k < width; k += blockDim.x) {
      const float c = in[k] - mean, g = d[k] * w[k];
      squares += c * c, plain += g, turned += g * c;
    }
    const float r = 1 / sqrtf(joined<Sum>(squares) / width + epsilon), level = joined<Sum>(plain) / width, slope = joined<Sum>(turned) * r / width;
    for (int k = threadIdx.x; k < width; k += blockDim.x) dx[row * width + k] = (d[k] * w[k] - level - (in[k] - mean) * r * slope) * r;
    if (threadIdx.x == 0) moments[2 * row] = mean, moments[2 * row + 1] = r;
  }
}

// partial is [pieces][2][width].
extern "C" __global__ void LayerNormGradSums(const float* dy, const float* x, const float* moments, float* partial, long long rows, int width, int pieces) {
  column_sums(rows, width, pieces, partial, [&](long long row, int k, float& plain, float& turned) {
    const float d = dy[row * width + k];
    plain += d, turned += d * ((x[row * width + k] - moments[2 * row]) * moments[2 * row + 1]);
  });
}

extern "C" __global__ void LayerNormGradTotals(const float* partial, float* dw, float* db, int width, int pieces) {
  for EACH(k, width) {
    double plain, turned;
    column_total(partial, pieces, width, static_cast<int>(k), plain, turned);
    dw[k] = static_cast<float>(turned), db[k] = static_cast<float>(plain);
  }
}
