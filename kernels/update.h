// What the kernels of optimizers share: passes over a parameter and its state, in place where outputs are bound to the memory of the inputs, and sums of squares.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernel.h"

namespace ssc {

// Whether the step counts: input i, true if it is absent.
inline bool counts(const Call& call, size_t i) { return !call.has(i) || *call.input<bool>(i); }

// Element i of an input that holds one number.
inline float number(const Call& call, size_t i, const char* name) {
  if (size_of(call.dims(i)) != 1) mismatch(name, "want one number, not " + text(call.dims(i)));
  return *call.input(i);
}

// The same of one that may be absent.
inline float number(const Call& call, size_t i, const char* name, float absent) { return call.has(i) ? number(call, i, name) : absent; }

// Refuses what is not shaped like the gradient, input g, of the n inputs behind it: the parameter and its state.
inline void want_alike(const Call& call, size_t g, size_t n, const char* name) {
  for (size_t i = g + 1; i <= g + n; i++) {
    if (call.dims(i) != call.dims(g)) mismatch(name, "the gradient is " + text(call.dims(g)) + ", the parameter or its state " + text(call.dims(i)));
  }
}

// Gives the new values the old ones: input first+k for output k. That is nothing to do where they are one buffer.
inline void keep(Call& call, size_t first, size_t n) {
  for (size_t k = 0; k < n; k++) {
    const float* const old = call.input(first + k);
    float* const fresh = call.output(k, call.dims(first + k));
    if (fresh && fresh != old) std::memcpy(fresh, old, size_of(call.dims(first + k)) * sizeof(float));
  }
}

// Runs f(from, to) over n elements, in pieces of 64 Ki.
constexpr int64_t update_piece = int64_t{1} << 16;
template <class F>
void elements(const Call& call, int64_t n, const F& f) {
  call.parallel(pieces_of(n, update_piece), [&](size_t i) { f(i * update_piece, std::min(n, static_cast<int64_t>(i + 1) * update_piece)); });
}

// The sum of what f(from, to) gives for these pieces, in their order.
template <class S, class F>
S summed(const Call& call, int64_t n, const F& f) {
  std::vector<S> parts(pieces_of(n, update_piece));
  elements(call, n, [&](int64_t from, int64_t to) { parts[from / update_piece] = f(from, to); });
  S total{};
  for (const S& part : parts) total += part;
  return total;
}

// The stretch that is summed in single precision.
constexpr int64_t update_stretch = 256;

// The sum of the squares of n elements, on the session's threads.
template <class T>
double sum_squares(const Call& call, const T* x, int64_t n) {
  return summed<double>(call, n, [&](int64_t from, int64_t end) {
    double total = 0;
    for (; from < end; from += update_stretch) {
      const int64_t to = std::min(end, from + update_stretch);
      float part = 0;
#pragma omp simd reduction(+ : part)
      for (int64_t i = from; i < to; i++) {
        const float v = x[i];
        part += v * v;
      }
      total += part;
    }
    return total;
  });
}

}  // namespace ssc
