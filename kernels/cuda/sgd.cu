// SGD: v = momentum*v + g + decay*w, w -= rate*v; with inside v = momentum*v + rate*(g + decay*w), w -= v; without v, w -= rate*(g + decay*w). ok, if it is there, and rate are one number. Results may
// lie where the old values do. Any number of blocks.
#include "block.cuh"

extern "C" __global__ void SGD(const bool* ok, const float* rate, const float* g, const float* w, const float* v, float* wn, float* vn, long long n, float momentum, float decay, int nesterov, int inside) {
  const bool counts = !ok || *ok;
  if (!counts && wn == w && vn == v) return;
  const float inner = inside ? *rate : 1, outer = inside ? 1 : *rate, ahead = nesterov ? momentum : 1, now = nesterov ? 1 : 0;
  for EACH(i, n) {
    const float old = w[i], d = (g[i] + decay * old) * inner;
    if (!v) {
      wn[i] = counts ? old - d * outer : old;
      continue;
    }
    const float was = v[i], moved = momentum * was + d;
    vn[i] = counts ? moved : was;
    wn[i] = counts ? old - (now * d + ahead * moved) * outer : old;
  }
}
