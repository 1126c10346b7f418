// Adam: m = beta1*m + rest1*g, v = beta2*v + rest2*g², w -= rate*(m/c1)/(sqrt(v/c2) + epsilon), with weight decay in the gradient or, decoupled, in w. ok and decay, if they are there, rate, c1
// and c2 are one number. Results may lie where the old values do. Any number of blocks.
#include "block.cuh"

extern "C" __global__ void Adam(const bool* ok, const float* rate, const float* c1, const float* c2, const float* decay, const float* g, const float* w, const float* m, const float* v, float* wn, float* mn, float* vn,
                                long long n, float beta1, float beta2, float rest1, float rest2, float epsilon, int decoupled) {
  const bool counts = !ok || *ok;
  if (!counts && wn == w && mn == m && vn == v) return;
  const float step = *rate / *c1, root = 1 / sqrtf(*c2), wd = decay ? *decay : 0, in_gradient = decoupled ? 0 : wd, kept = decoupled ? 1 - *rate * wd : 1;
  for EACH(i, n) {
    const float old = w[i], d = g[i] + in_gradient * old, first = beta1 * m[i] + rest1 * d, second = beta2 * v[i] + rest2 * (d * d);
    const float moved = kept * old - step * first / (sqrtf(second) * root + epsilon);
    mn[i] = counts ? first : m[i];
    vn[i] = counts ? second : v[i];
    wn[i] = counts ? moved : old;
  }
}
