// What the kernels of InfoNCE and its gradients share: the matrix of logits, one tile at a time. The product of a tile is in float for BFloat16, too.
#pragma once

#include "product.h"
#include "softmax.h"

namespace ssc {

// n numbers as float: where they lie, or copied into a buffer.
inline const float* as_floats(const float* from, int64_t, const Buffer&, int64_t) { return from; }
inline const float* as_floats(const BFloat16* from, int64_t n, const Buffer& to, int64_t at) {
  convert(from, to.floats() + at, n);
  return to.floats() + at;
}

struct Softening {
  float scale;  // 1/temperature
  bool mask;    // key i is no candidate of query i

  explicit Softening(const Attributes& a) : scale(1 / a.number("temperature", 1)), mask(a.integer("mask_diagonal", 0)) {}
};

// The first inputs, q [row, dim], k [candidate, dim] and target [row], which may be absent, and the division of their logits into tiles.
template <class T>
struct Logits {
  const Softening soft;
  int64_t rows, candidates, dim;
  const T *q, *k;
  const int64_t* target;

  struct Tile {
    int64_t row, rows, column, columns;
    const float *q, *k;  // its queries and keys
    float* logits;

    // The places of its part of the diagonal are those of rows from first to last.
    int64_t first() const { return std::max(row, column); }
    int64_t last() const { return std::min(row + rows, column + columns); }
    float& at(int64_t r, int64_t c) const { return logits[(r - row) * columns + c - column]; }
    bool has(int64_t c) const { return c >= column && c < column + columns; }
  };

  Logits(const char* name, const Call& call, const Softening& softening) : soft(softening) {
    const Dims &a = call.dims(0), &b = call.dims(1);
    if (a.size() != 2 || b.size() != 2 || a[1] != b[1] || a[0] == 0 || b[0] == 0) mismatch(name, "the queries are " + text(a) + ", the keys " + text(b));
    rows = a[0], candidates = b[0], dim = a[1];
    q = call.input<T>(0), k = call.input<T>(1);
    target = call.has(2) ? call.input<int64_t>(2) : nullptr;
    if (!target) return;
    if (call.dims(2) != Dims{rows}) mismatch(name, "the queries are " + text(a) + ", the targets " + text(call.dims(2)));
    for (int64_t r = 0; r < rows; r++) {
      if (target[r] < 0 || target[r] >= candidates) mismatch(name, "a target is " + std::to_string(target[r]) + " of " + std::to_string(candidates) + " keys");
    }
  }

  // The sides of a tile, which stays in the second-level cache, and how many there are below and beside each other.
  int64_t height() const { return even(rows, 128); }
  int64_t width() const { return even(candidates, 512); }
  int64_t down() const { return pieces_of(rows, height()); }
  int64_t across() const { return pieces_of(candidates, width()); }

  // The scratch memory of one tile.
  Buffer room(const Call& call) const {
    const int64_t copies = type_of<T> == Type::f32 ? 0 : (height() + width()) * dim;
    return call.scratch((height() * width() + copies) * sizeof(float));
  }

  Tile tile(int64_t i, int64_t j, const Buffer& room) const {
    Tile t{i * height(), 0, j * width(), 0, nullptr, nullptr, room.floats()};
    t.rows = std::min(height(), rows - t.row), t.columns = std::min(width(), candidates - t.column);
    t.q = as_floats(q + t.row * dim, t.rows * dim, room, height() * width());
    t.k = as_floats(k + t.column * dim, t.columns * dim, room, height() * width() + height() * dim);
    product(t.rows, t.columns, dim, soft.scale, {t.q, dim}, {t.k, dim, true}, 0, t.logits, t.columns);
    for (int64_t r = t.first(); soft.mask && r < t.last(); r++) t.at(r, r) = -1e30f;
    return t;
  }
};

// The gradients of the similarities, from the inputs q, k, target, dloss [], lse [row] and dlse [row] of a gradient of InfoNCE.
template <class T>
class Slopes {
 public:
  Slopes(const char* name, const Call& call, const Softening& soft) : s_(name, call, soft), lse_(call.input(4)), dlse_(call.has(5) ? call.input(5) : nullptr), share_(*call.input(3) / static_cast<float>(s_.rows)) {
    if (call.dims(4) != Dims{s_.rows} || (dlse_ && call.dims(5) != Dims{s_.rows})) mismatch(name, "there are " + std::to_string(s_.rows) + " queries, lse is " + text(call.dims(4)));
  }

  int64_t rows() const { return s_.rows; }
  // The gradient of the positive's similarity where it is no key.
  float beside(int64_t r, float similarity) const { return (exp_bounded(similarity * s_.soft.scale - lse_[r]) * weight(r) - share_) * s_.soft.scale; }

  // Slopes times keys for the gradient of the queries, slopes turned round times queries for that of the keys. A task goes along a row of tiles, or a column, or a part of it where there are few: as many parts as
  // the shapes say are summed in the end, in their order.
  void gradient(const Call& call, bool of_keys, T* out) const {
    const int64_t mine = of_keys ? s_.across() : s_.down(), others = of_keys ? s_.down() : s_.across();
    const int64_t run = pieces_of(others, std::max<int64_t>(1, std::min(others, 32 / mine))), parts = pieces_of(others, run);
    const int64_t n = (of_keys ? s_.candidates : s_.rows) * s_.dim;
    const Buffer sums = call.scratch(in_place(parts) ? 0 : parts * n * sizeof(float));
    float* const to = in_place(parts) ? reinterpret_cast<float*>(out) : sums.floats();
    call.parallel(mine * parts, [&](size_t i) {
      const int64_t own = i / parts, part = i % parts, from = part * run;
      const Buffer room = s_.room(call);
      for (int64_t other = from; other < std::min(others, from + run); other++) {
        const auto t = of_keys ? s_.tile(other, own, room) : s_.tile(own, other, room);
        turn(t);
        const float beta = other == from ? 0.0f : 1.0f;
        if (of_keys) {
          product(t.columns, s_.dim, t.rows, 1, {t.logits, t.columns, true}, {t.q, s_.dim}, beta, to + part * n + t.column * s_.dim, s_.dim);
        } else {
          product(t.rows, s_.dim, t.columns, 1, {t.logits, t.columns}, {t.k, s_.dim}, beta, to + part * n + t.row * s_.dim, s_.dim);
        }
      }
    });
    if (!in_place(parts)) add(call, to, parts, n, out);
  }

 private:
  Logits<T> s_;
  const float *lse_, *dlse_;
  float share_;  // of a query in the loss

  static bool in_place(int64_t parts) { return type_of<T> == Type::f32 && parts == 1; }

  // No logit is far above lse, which is above all: the bound keeps exp_negative within its range.
  static float exp_bounded(float x) { return exp_negative(x > 80 ? 80 : x); }
  float weight(int64_t r) const { return dlse_ ? share_ + dlse_[r] : share_; }

  // Logits become slopes.
  void turn(const typename Logits<T>::Tile& t) const {
    for (int64_t r = t.row; r < t.row + t.rows; r++) {
      float* const x = &t.at(r, t.column);
      const float lse = lse_[r], w = weight(r) * s_.soft.scale;
#pragma omp simd
      for (int64_t i = 0; i < t.columns; i++) x[i] = exp_bounded(x[i] - lse) * w;
      if (s_.target && t.has(s_.target[r])) t.at(r, s_.target[r]) -= share_ * s_.soft.scale;
    }
  }

  static void add(const Call& call, float* sums, int64_t parts, int64_t n, T* out) {
    constexpr int64_t piece = int64_t{1} << 14;
    call.parallel(pieces_of(n, piece), [&](size_t i) {
      const int64_t from = i * piece, count = std::min(piece, n - from);
      float* const total = sums + from;
      for (int64_t p = 1; p < parts; p++) {
#pragma omp simd
        for (int64_t j = 0; j < count; j++) total[j] += sums[p * n + from + j];
      }
      convert(total, out + from, count);
    });
  }
};

}  // namespace ssc
