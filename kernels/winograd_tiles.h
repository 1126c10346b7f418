// The transforms of F(4x4, 3x3) for 16 channels at a time: Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks". The points are 0, ±√½, ±√2 and ∞: those of the
// paper, 0, ±1, ±2 and ∞, have about four times the rounding error.
//
// A tile of 4x4 results y is y = A'[(G g G') · (B' d B)]A for the window g and the 6x6 inputs d, · being the product of elements; the gradient of g is G'[(B' d B) · (A dy A')]G.
#pragma once

#include <cstdint>

#include "bfloat16.h"

namespace ssc {

using Lanes = float __attribute__((vector_size(64), aligned(4), may_alias));
constexpr int64_t lanes = 16;

inline Lanes& at(float* p) { return *reinterpret_cast<Lanes*>(p); }
inline const Lanes& at(const float* p) { return *reinterpret_cast<const Lanes*>(p); }

inline void load(const float* p, Lanes& v) { v = at(p); }
inline void store(const Lanes& v, float* p) { at(p) = v; }

// The same of numbers of 16 bits, as BFloat16 converts them.
using Bits = uint32_t __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32), aligned(2), may_alias));
inline void load(const BFloat16* p, Lanes& v) { v = reinterpret_cast<Lanes>(__builtin_convertvector(*reinterpret_cast<const Halves*>(p), Bits) << 16); }
inline void store(const Lanes& v, BFloat16* p) {
  const Bits b = reinterpret_cast<Bits>(v), rounded = (b + 0x7fff + (b >> 16 & 1)) >> 16, nan = b >> 16 | 0x40;
  *reinterpret_cast<Halves*>(p) = __builtin_convertvector((b & 0x7fffffff) > 0x7f800000 ? nan : rounded, Halves);
}

constexpr float root_half = 0.70710678118654752f, root_two = 1.4142135623730951f;           // p and q
constexpr float root_half_cubed = 0.35355339059327376f, root_two_cubed = 2.8284271247461903f;

// B': six inputs.
struct Input {
  static constexpr int from = 6, to = 6;
  static void apply(const Lanes* d, Lanes* o) {
    const Lanes a = d[4] - 2 * d[2], b = root_half * (d[3] - 2 * d[1]), c = d[4] - 0.5f * d[2], e = root_two * (d[3] - 0.5f * d[1]);
    o[0] = d[0] - 2.5f * d[2] + d[4], o[1] = a + b, o[2] = a - b, o[3] = c + e, o[4] = c - e, o[5] = d[1] - 2.5f * d[3] + d[5];
  }
};

// A': from products to four results.
struct Result {
  static constexpr int from = 6, to = 4;
  static void apply(const Lanes* m, Lanes* o) {
    const Lanes s = m[1] + m[2], d = m[1] - m[2], t = m[3] + m[4], e = m[3] - m[4];
    o[0] = m[0] + s + t, o[1] = root_half * d + root_two * e, o[2] = 0.5f * s + 2 * t, o[3] = root_half_cubed * d + root_two_cubed * e + m[5];
  }
};

// A: four gradients of results.
struct ResultGrad {
  static constexpr int from = 4, to = 6;
  static void apply(const Lanes* y, Lanes* o) {
    const Lanes s = y[0] + 0.5f * y[2], d = root_half * y[1] + root_half_cubed * y[3], t = y[0] + 2 * y[2], e = root_two * y[1] + root_two_cubed * y[3];
    o[0] = y[0], o[1] = s + d, o[2] = s - d, o[3] = t + e, o[4] = t - e, o[5] = y[3];
  }
};

// G: three taps of a window.
struct Taps {
  static constexpr int from = 3, to = 6;
  static void apply(const Lanes* g, Lanes* o) {
    const Lanes a = (g[0] + 0.5f * g[2]) * (-1 / 1.5f), b = g[1] * (-root_half / 1.5f), c = g[0] * (1 / 6.0f) + g[2] * (1 / 3.0f), d = g[1] * (root_two / 6);
    o[0] = g[0], o[1] = a + b, o[2] = a - b, o[3] = c + d, o[4] = c - d, o[5] = g[2];
  }
};

// G': the gradient of three taps.
struct TapsGrad {
  static constexpr int from = 6, to = 3;
  static void apply(const Lanes* u, Lanes* o) {
    const Lanes s = (u[1] + u[2]) * (-1 / 1.5f), d = u[1] - u[2], t = (u[3] + u[4]) * (1 / 6.0f), e = u[3] - u[4];
    o[0] = u[0] + s + t, o[1] = d * (-root_half / 1.5f) + e * (root_two / 6), o[2] = 0.5f * s + 2 * t + u[5];
  }
};

// Applies T to rows and columns of a square: x(i, j, v) gives its elements, y(i, j, v) takes those of the result.
template <class T, class X, class Y>
inline __attribute__((always_inline)) void square(const X& x, const Y& y) {
  Lanes rows[T::from][T::to];
#pragma GCC unroll 6
  for (int i = 0; i < T::from; i++) {
    Lanes in[T::from];
#pragma GCC unroll 6
    for (int j = 0; j < T::from; j++) x(i, j, in[j]);
    T::apply(in, rows[i]);
  }
#pragma GCC unroll 6
  for (int j = 0; j < T::to; j++) {
    Lanes in[T::from], out[T::to];
#pragma GCC unroll 6
    for (int i = 0; i < T::from; i++) in[i] = rows[i][j];
    T::apply(in, out);
#pragma GCC unroll 6
    for (int i = 0; i < T::to; i++) y(i, j, out[i]);
  }
}

}  // namespace ssc
