// BatchNormGrad and BatchNormReluGrad on rows of channels: with x^ = (x - mean)*r, r = 1/sqrt(variance + epsilon), db = sum g, dw = sum g*x^, dx = w*r*(g - db/rows - x^*dw/rows). g is dy; or dy where y is
// positive; or, given b and no y, dy where the result computed anew is. Three kernels as for BatchNorm.
#include "block.cuh"

// partial is [pieces][2][channels]. g is written where it is asked for.
extern "C" __global__ void BatchNormGradSums(const float* dy, const float* x, const float* y, const float* w, const float* b, const float* mean, const float* variance, float* g, float* partial, long long rows,
                                             int channels, int pieces, float epsilon) {
  column_sums(rows, channels, pieces, partial, [&](long long row, int c, float& sum, float& centred) {
    const long long i = row * channels + c;
    const float d = x[i] - mean[c];
    float v = dy[i];
    if (y) {
      v = y[i] > 0 ? v : 0;
    } else if (b) {
      const float scale = w[c] / sqrtf(variance[c] + epsilon);
      v = x[i] * scale + (b[c] - mean[c] * scale) > 0 ? v : 0;
    }
    if (g) g[i] = v;
    sum += v, centred += v * d;
  });
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
extern "C" __global__ void BatchNormGrad(const float* g, const float* x, const float* lines, float* dx, long long rows, int channels) {
  for EACH(i, rows * channels) {
    const int c = static_cast<int>(i % channels);
    dx[i] = g[i] * lines[c] + (x[i] * lines[channels + c] + lines[2 * channels + c]);
  }
}
