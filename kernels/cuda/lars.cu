// LARS: d = rate*q*(g + decay*w), v = momentum*v + share*d, w -= v, with nesterov d + momentum*v; without v, w -= d. q = eta*|w|/(sqrt(squares) + decay*|w| + epsilon), squares those of g; 1 without them or where
// a norm is 0. ok, decay, share and squares, if they are there, and rate are one number. Results may lie where the old values do. Two kernels: parts of the squares of w, in any number of blocks, and the
// update, in any other.
#include "block.cuh"

extern "C" __global__ void LARSNorm(const float* w, float* parts, long long n) {
  const double sum = block_sum(n, [&](long long i) { return static_cast<double>(w[i]) * w[i]; });
  if (threadIdx.x == 0) parts[blockIdx.x] = static_cast<float>(sum);
}

extern "C" __global__ void LARS(const bool* ok, const float* rate, const float* decay, const float* share, const float* squares, const float* g, const float* w, const float* v, const float* parts, float* wn,
                                float* vn, long long n, int pieces, float momentum, float eta, float epsilon, int nesterov) {
  const bool counts = !ok || *ok;
  if (!counts && wn == w && vn == v) return;
  const float wd = decay ? *decay : 0, entering = share ? *share : 1, ahead = nesterov ? momentum : 1, now = nesterov ? 1 : 0;
  float scale = *rate;
  if (squares) {
    const float norm = sqrtf(static_cast<float>(parts_sum(parts, pieces, 1))), of_g = sqrtf(*squares);
    if (norm > 0 && of_g > 0) scale *= eta * norm / (of_g + wd * norm + epsilon);
  }
  for EACH(i, n) {
    const float old = w[i], d = (g[i] + wd * old) * scale;
    if (!v) {
      wn[i] = counts ? old - d : old;
      continue;
    }
    const float was = v[i], moved = momentum * was + entering * d;
    vn[i] = counts ? moved : was;
    wn[i] = counts ? old - (now * d + ahead * moved) : old;
  }
}
