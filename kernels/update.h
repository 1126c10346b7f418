// What the kernels of optimizers share: one pass over a parameter and its state, in place where outputs are bound to the memory of the inputs.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernel.h"

namespace ssc {

// Whether the step counts: input i, true if it is absent.
inline bool counts(const Call& call, size_t i) { return !call.has(i) || *call.input<bool>(i); }

// Element i of an input that holds one number.
inline float number(const Call& call, size_t i, const char* name) {
  if (size_of(call.dims(i)) != 1) mismatch(name, "want one number, not " + text(call.dims(i)));
  return *call.input(i);
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
template <class F>
void elements(const Call& call, int64_t n, const F& f) {
  const int64_t size = int64_t{1} << 16;
  call.parallel((n + size - 1) / size, [&](size_t i) { f(i * size, std::min(n, static_cast<int64_t>(i + 1) * size)); });
}

}  // namespace ssc
