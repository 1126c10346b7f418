// LAMB: m = beta1*m + rest1*g, v = beta2*v + rest2*g², r = (m/c1)/(sqrt(v/c2) + epsilon) + decay*w, w -= rate*q*r. With adapt q = |w|/|r|, with at_most_one no more than 1; 1 where a norm is 0. ok and decay, if they
// are there, rate, c1 and c2 are one number. Results may lie where the old values do. Two kernels: the moments and parts of the squares of w and r, [block][2], in any number of blocks; and the weights, in
// any other, for which r is computed again.
#include "block.cuh"

__device__ inline float lamb_direction(float m, float v, float w, const float* c1, const float* c2, const float* decay, float epsilon) {
  return m / *c1 / (sqrtf(v) / sqrtf(*c2) + epsilon) + (decay ? *decay * w : 0);
}

extern "C" __global__ void LAMBMoments(const bool* ok, const float* c1, const float* c2, const float* decay, const float* g, const float* w, const float* m, const float* v, float* mn, float* vn, float* parts,
                                       long long n, float beta1, float beta2, float rest1, float rest2, float epsilon) {
  const bool counts = !ok || *ok;
  if (!counts && mn == m && vn == v) return;
  double ww = 0, rr = 0;
  for EACH(i, n) {
    const float d = g[i], first = beta1 * m[i] + rest1 * d, second = beta2 * v[i] + rest2 * (d * d);
    const double old = w[i], r = lamb_direction(first, second, w[i], c1, c2, decay, epsilon);
    ww += old * old, rr += r * r;
    mn[i] = counts ? first : m[i];
    vn[i] = counts ? second : v[i];
  }
  ww = joined<Sum>(ww), rr = joined<Sum>(rr);
  if (threadIdx.x == 0) parts[2 * blockIdx.x] = static_cast<float>(ww), parts[2 * blockIdx.x + 1] = static_cast<float>(rr);
}

extern "C" __global__ void LAMB(const bool* ok, const float* rate, const float* c1, const float* c2, const float* decay, const float* w, const float* mn, const float* vn, const float* parts, float* wn, long long n,
                                int pieces, float epsilon, int adapt, int at_most_one) {
  const bool counts = !ok || *ok;
  if (!counts && wn == w) return;
  float scale = *rate;
  if (adapt) {
    const float of_w = sqrtf(static_cast<float>(parts_sum(parts, pieces, 2))), of_r = sqrtf(static_cast<float>(parts_sum(parts + 1, pieces, 2)));
    const float q = of_w > 0 && of_r > 0 ? of_w / of_r : 1;
    scale *= at_most_one && q > 1 ? 1 : q;
  }
  for EACH(i, n) wn[i] = counts ? w[i] - scale * lamb_direction(mn[i], vn[i], w[i], c1, c2, decay, epsilon) : w[i];
}
