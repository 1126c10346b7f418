// BatchNormGrad and BatchNormReluGrad: with x^ = (x - mean)*r, r = 1/sqrt(variance + epsilon) and n elements of a channel, db = sum g, dw = sum g*x^, dx = w*r*(g - db/n - x^*dw/n). g is dy; or dy where y
// is positive; or, given b and no y, dy where the result computed anew is. Three kernels as for BatchNorm, and two of the first and the last as there.
#include "block.cuh"

// What g is made by, and where it is kept if anywhere.
template <class T>
struct Mask {
  const T *dy, *x, *y;
  const float *w, *b, *mean, *variance;
  T* g;
  float epsilon;

  // Adds an element of channel c to the sums of g and of g*(x - mean).
  __device__ void add(long long i, int c, float& sum, float& centred) const {
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
  }
};

// partial is [pieces][2][channels].
template <class T>
__device__ void batch_norm_grad_sums(const Mask<T>& m, float* partial, long long rows, int channels, int pieces) {
  column_sums(rows, channels, pieces, partial, [&](long long row, int c, float& sum, float& centred) { m.add(row * channels + c, c, sum, centred); });
}
extern "C" __global__ void BatchNormGradSums(const float* dy, const float* x, const float* y, const float* w, const float* b, const float* mean, const float* variance, float* g, float* partial,
                                             long long rows, int channels, int pieces, float epsilon) {
  batch_norm_grad_sums<float>({dy, x, y, w, b, mean, variance, g, epsilon}, partial, rows, channels, pieces);
}
extern "C" __global__ void BatchNormGradSumsBF16(const bf16* dy, const bf16* x, const bf16* y, const float* w, const float* b, const float* mean, const float* variance, bf16* g, float* partial,
                                                 long long rows, int channels, int pieces, float epsilon) {
  batch_norm_grad_sums<bf16>({dy, x, y, w, b, mean, variance, g, epsilon}, partial, rows, channels, pieces);
}

template <class T>
__device__ void batch_norm_grad_plane_sums(const Mask<T>& m, float* partial, int images, int channels, int plane, int pieces) {
  plane_sums(images, channels, plane, pieces, partial, [&](long long i, int c, float& sum, float& centred) { m.add(i, c, sum, centred); });
}
extern "C" __global__ void BatchNormGradPlaneSums(const float* dy, const float* x, const float* y, const float* w, const float* b, const float* mean, const float* variance, float* g, float* partial,
                                                  int pieces, float epsilon, int images, int channels, int plane) {
  batch_norm_grad_plane_sums<float>({dy, x, y, w, b, mean, variance, g, epsilon}, partial, images, channels, plane, pieces);
}
extern "C" __global__ void BatchNormGradPlaneSumsBF16(const bf16* dy, const bf16* x, const bf16* y, const float* w, const float* b, const float* mean, const float* variance, bf16* g, float* partial,
                                                      int pieces, float epsilon, int images, int channels, int plane) {
  batch_norm_grad_plane_sums<bf16>({dy, x, y, w, b, mean, variance, g, epsilon}, partial, images, channels, plane, pieces);
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

// g is what the sums wrote, or dy itself where nothing is masked.
template <class T>
__device__ void batch_norm_grad_element(const T* g, const T* x, const float* lines, T* dx, long long i, int c, int channels) {
  store(dx + i, number(g[i]) * lines[c] + (number(x[i]) * lines[channels + c] + lines[2 * channels + c]));
}

template <class T>
__device__ void batch_norm_grad(const T* g, const T* x, const float* lines, T* dx, long long rows, int channels) {
  for EACH(i, rows * channels) batch_norm_grad_element(g, x, lines, dx, i, static_cast<int>(i % channels), channels);
}
extern "C" __global__ void BatchNormGrad(const float* g, const float* x, const float* lines, float* dx, long long rows, int channels) {
  batch_norm_grad(g, x, lines, dx, rows, channels);
}
extern "C" __global__ void BatchNormGradBF16(const bf16* g, const bf16* x, const float* lines, bf16* dx, long long rows, int channels) {
  batch_norm_grad(g, x, lines, dx, rows, channels);
}

template <class T>
__device__ void batch_norm_grad_planes(const T* g, const T* x, const float* lines, T* dx, int images, int channels, int plane) {
  each_plane(images, channels, plane, [&](long long i, int c) { batch_norm_grad_element(g, x, lines, dx, i, c, channels); });
}
extern "C" __global__ void BatchNormGradPlanes(const float* g, const float* x, const float* lines, float* dx, int images, int channels, int plane) {
  batch_norm_grad_planes(g, x, lines, dx, images, channels, plane);
}
extern "C" __global__ void BatchNormGradPlanesBF16(const bf16* g, const bf16* x, const float* lines, bf16* dx, int images, int channels, int plane) {
  batch_norm_grad_planes(g, x, lines, dx, images, channels, plane);
}
