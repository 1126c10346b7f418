// What the kernels of Linear and its gradients share: the shapes, and the division of the rows.
#pragma once

#include <algorithm>

#include "kernel.h"
#include "product.h"

namespace ssc {

// The tensor [batch, …, width] as rows.
struct TokenRows {
  int64_t count = 1, width;

  explicit TokenRows(const Dims& d) : width(d.empty() ? 0 : d.back()) {
    if (d.size() < 2) throw Error("Linear: a tensor is " + text(d) + ", want [batch, …, dim]");
    for (size_t i = 0; i + 1 < d.size(); i++) count *= d[i];
  }
};

// The shape d with another last axis.
inline Dims with_width(Dims d, int64_t width) {
  d.back() = width;
  return d;
}

// Runs f(from, to) on pieces of n items, at most 32 of them and, where n allows it, at least `least` each.
template <class F>
void in_pieces(const Call& call, int64_t n, int64_t least, const F& f) {
  const int64_t size = even(n, std::max(least, (n + 31) / 32));
  call.parallel((n + size - 1) / size, [&](size_t i) {
    const int64_t from = static_cast<int64_t>(i) * size;
    f(from, std::min(n, from + size));
  });
}

}  // namespace ssc
