// BatchNormGrad and BatchNormReluGrad on rows of channels: with x^ = (x - mean)*r, r = 1/sqrt(variance + epsilon), db = sum g, dw = sum g*x^, dx = w*r*(g - db/rows - x^*dw/rows). g is dy; or dy where y is
// positive; or, given b and no y, dy where the result computed anew is. Three kernels as for BatchNorm.
#include "block.cuh"

// partial is [pieces][2][channels]. g is written where it is asked for.
template <class T>
__device__ void batch_norm_grad_sums(const T* dy, const T* x, const T* y, const float* w, const float* b, const float* mean, const float* variance, T* g, float* partial, long long rows, int channels,
                                     int pieces, float epsilon) {
  column_sums(rows, channels, pieces, partial, [&](long long row, int c, float& sum, float& centred) {
    const long long i = row * channels + c;
    const float from = number(x[i]), d = from - mean[c];
    float v = number(dy[i]);
    if (y) {
      v = number(y[i]) > 0 ? v : 0;
    } else if (b) {
      const float scale = w[c] / sqrtf(variance[c] + epsilon);
      v = from * scale + (b[c] - mean[c] * scale) > 0 ? v : 0;
    }
    if (g) store(g + i, v);
    sum += v, centred += v * d;
  });
}
extern "C" __global__ void BatchNormGradSums(const float* dy, const float* x, const float* y, const float* w, const float* b, const float* mean, const float* variance, float* g, float* partial,
                                             long long rows, int channels, int pieces, float epsilon) {
  batch_norm_grad_sums(dy, x, y, w, b, mean, variance, g, partial, rows, channels, pieces, epsilon);
}
extern "C" __global__ void BatchNormGradSumsBF16(const bf16* dy, const bf16* x, const bf16* y, const float* w, const float* b, const float* mean, const float* variance, bf16* g, float* partial,
                                                 long long rows, int channels, int pieces, float epsilon) {
  batch_norm_grad_sums(dy, x, y, w, b, mean, variance, g, partial, rows, channels, pieces, epsilon);
}

// lines is [3][channels]: dx is g*lines[0] + (x*lines[1] + lines[2]).
extern "C" __global__ void BatchNormGradLines(const float* partial, const float* w, const float* mean, const float* variance, float* dw, float* db, float* lines, long long rows, int channels, int pieces,
                                              float epsilon) {
  for EACH(c, channels) {
    double sum, centred;
    column_total(partial, pieces, channels, static_cast<int>(c), sum, centred);
    const double r = 1 / sqrt(static_cast<double>(variance[c]) + epsilon), a = w[c] * r;
    dw[c] = static_cast<float>(centred * r);
    db[c] = static_cast<float>(sum);
    const float slope = static_cast<float>(-a * r * r * centred / rows);
    lines[c] = static_cast<float>(a), lines[channels + c] = slope, lines[2 * channels + c] = static_cast<float>(-a * sum / rows) - slope * mean[c];
  }
}

// g is what BatchNormGradSums wrote, or dy itself where nothing is masked.
template <class T>
__device__ void batch_norm_grad(const T* g, const T* x, const float* lines, T* dx, long long rows, int channels) {
  for EACH(i, rows * channels) {
    const int c = static_cast<int>(i % channels);
    store(dx + i, number(g[i]) * lines[c] + (number(x[i]) * lines[channels + c] + lines[2 * channels + c]));
  }
}
extern "C" __global__ void BatchNormGrad(const float* g, const float* x, const float* lines, float* dx, long long rows, int channels) {
  batch_norm_grad(g, x, lines, dx, rows, channels);
}
extern "C" __global__ void BatchNormGradBF16(const bf16* g, const bf16* x, const float* lines, bf16* dx, long long rows, int channels) {
  batch_norm_grad(g, x, lines, dx, rows, channels);
}
