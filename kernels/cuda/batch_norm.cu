// BatchNorm and BatchNormRelu on rows of channels, as maps are with their channels last: y = (x - mean)/sqrt(variance + epsilon)*w + b, and max(y + shortcut, 0). Three kernels, one after the other:
// sums over pieces of the rows, in pieces times ceil(channels/32) blocks of a multiple of 32 threads; moments, a thread for each channel; and the result, in any number of blocks. Sums are those of x less
// the first row, so that a large mean costs no digits.
#include "block.cuh"

// partial is [pieces][2][channels].
extern "C" __global__ void BatchNormSums(const float* x, float* partial, long long rows, int channels, int pieces) {
  column_sums(rows, channels, pieces, partial, [&](long long row, int c, float& a, float& b) {
    const float d = x[row * channels + c] - x[c];
    a += d, b += d * d;
  });
}

// fold is [2][channels]: y is x*fold[0] + fold[1].
extern "C" __global__ void BatchNormMoments(const float* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, long long rows, int channels, int pieces, float epsilon) {
  for EACH(c, channels) {
    double sum, squares;
    column_total(partial, pieces, channels, static_cast<int>(c), sum, squares);
    const double shift = sum / rows, spread = squares / rows - shift * shift, m = x[c] + shift;
    mean[c] = static_cast<float>(m);
    variance[c] = spread < 0 ? 0 : static_cast<float>(spread);
    const float scale = w[c] / sqrtf(variance[c] + epsilon);
    fold[c] = scale, fold[channels + c] = b[c] - mean[c] * scale;
  }
}

// shortcut may be absent.
extern "C" __global__ void BatchNorm(const float* x, const float* shortcut, const float* fold, float* y, long long rows, int channels, int relu) {
  for EACH(i, rows * channels) {
    const int c = static_cast<int>(i % channels);
    float v = x[i] * fold[c] + fold[channels + c];
    if (shortcut) v += shortcut[i];
    y[i] = relu && v < 0 ? 0 : v;  // what is no number stays
  }
}
