// AttentionGrad: with p = exp(q*kᵀ/√d - lse) and ds = p*(dy*vᵀ - Σ dy*y + dlse), dq = ds*k/√d, dk = dsᵀ*q/√d, dv = pᵀ*dy. Scores and their
// gradients exist one tile at a time. A head of a sample is one task, so that nothing is summed by two. Dao et al. 2022, algorithm 4.
#include "attention.h"

namespace ssc {
namespace {

class AttentionGrad : public Kernel {
 public:
  AttentionGrad(const Attributes& a, bool narrow) : heads_(a.integer("num_heads", 1)), narrow_(narrow) {}

  void compute(Call& call) override {
    const AttentionShape s("AttentionGrad", call, 3, heads_);
    if (call.dims(0) != call.dims(1) || call.dims(0) != Dims{s.batch, s.q.tokens, s.dim} || call.dims(2) != Dims{s.batch, s.heads, s.q.tokens}) {
      mismatch("AttentionGrad", "the gradient is " + text(call.dims(0)) + ", the result " + text(call.dims(1)) + ", lse " + text(call.dims(2)));
    }
    narrow_ ? compute_narrow(call, s) : compute_single(call, s);
  }

 private:
  void compute_single(Call& call, const AttentionShape& s) const {
    Task t{s, call.input(0), call.input(1), call.input(2), call.has(6) ? call.input(6) : nullptr,
           call.input(3), call.input(s.packed ? 3 : 4), call.input(s.packed ? 3 : 5), nullptr, nullptr, nullptr};
    t.dq = call.output(0, call.dims(3));
    t.dk = s.packed ? t.dq : call.output(1, call.dims(4));
    t.dv = s.packed ? t.dq : call.output(2, call.dims(5));
    if (!t.dq || !t.dk || !t.dv) mismatch("AttentionGrad", "a result is missing");
    call.parallel(s.batch * s.heads, [&](size_t i) {
      const Buffer scratch = call.scratch(s.rows() * (2 * s.columns() + 1) * sizeof(float));
      t.head(i / s.heads, i % s.heads, scratch.floats());
    });
  }

  // Of BFloat16: each head is taken out as float and computed by itself.
  void compute_narrow(Call& call, const AttentionShape& s) const {
    const auto input = [&](size_t i) { return call.input<BFloat16>(s.packed ? 3 : i); };
    const auto *dy = call.input<BFloat16>(0), *y = call.input<BFloat16>(1), *q = input(3), *k = input(4), *v = input(5);
    const float* const lse = call.input(2);
    const float* const dlse = call.has(6) ? call.input(6) : nullptr;
    auto* const dq = call.output<BFloat16>(0, call.dims(3));
    auto* const dk = s.packed ? dq : call.output<BFloat16>(1, call.dims(4));
    auto* const dv = s.packed ? dq : call.output<BFloat16>(2, call.dims(5));
    if (!dq || !dk || !dv) mismatch("AttentionGrad", "a result is missing");
    const AttentionShape one = s.one();
    const int64_t qn = one.q.tokens * s.size, kn = one.k.tokens * s.size;
    call.parallel(s.batch * s.heads, [&](size_t i) {
      const int64_t batch = i / s.heads, head = i % s.heads, row = i * s.q.tokens;
      const Buffer scratch = call.scratch((s.rows() * (2 * s.columns() + 1) + 4 * (qn + kn)) * sizeof(float));
      float* at = scratch.floats();
      const auto part = [&](int64_t n) { return (at += n) - n; };
      float *const dys = part(qn), *const ys = part(qn), *const qs = part(qn), *const dqs = part(qn);
      float *const ks = part(kn), *const vs = part(kn), *const dks = part(kn), *const dvs = part(kn);
      s.y.take(dy, batch, head, s.size, dys);
      s.y.take(y, batch, head, s.size, ys);
      s.q.take(q, batch, head, s.size, qs);
      s.k.take(k, batch, head, s.size, ks);
      s.v.take(v, batch, head, s.size, vs);
      Task{one, dys, ys, lse + row, dlse ? dlse + row : nullptr, qs, ks, vs, dqs, dks, dvs}.head(0, 0, at);
      s.q.put(dqs, batch, head, s.size, dq);
      s.k.put(dks, batch, head, s.size, dk);
      s.v.put(dvs, batch, head, s.size, dv);
    });
  }

  struct Task {
    const AttentionShape& s;
    const float *dy, *y, *lse, *dlse, *q, *k, *v;
    float *dq, *dk, *dv;

    void head(int64_t batch, int64_t head, float* scratch) const {
      for (int64_t first = 0; first < s.q.tokens; first += s.rows()) {
        const int64_t rows = std::min(s.rows(), s.q.tokens - first);
        deltas(batch, head, first, rows, scratch);
        for (int64_t from = 0; from < s.k.tokens; from += s.columns()) {
          tile(batch, head, first, rows, from, std::min(s.columns(), s.k.tokens - from), scratch);
        }
      }
    }

    // What the denominator of the softmax takes off the gradient of each row's scores.
    void deltas(int64_t batch, int64_t head, int64_t first, int64_t rows, float* delta) const {
      const int64_t at = s.y.at(batch, head, s.size) + first * s.y.stride, row = (batch * s.heads + head) * s.q.tokens + first;
      for (int64_t r = 0; r < rows; r++) {
        const float* const a = dy + at + r * s.y.stride;
        const float* const b = y + at + r * s.y.stride;
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < s.size; i++) sum += a[i] * b[i];
        delta[r] = dlse ? sum - dlse[row + r] : sum;
      }
    }

    void tile(int64_t batch, int64_t head, int64_t first, int64_t rows, int64_t from, int64_t n, float* scratch) const {
      const float* const delta = scratch;
      float* const p = scratch + s.rows();
      float* const ds = p + s.rows() * s.columns();
      const int64_t qa = s.q.at(batch, head, s.size) + first * s.q.stride, ka = s.k.at(batch, head, s.size) + from * s.k.stride;
      const int64_t va = s.v.at(batch, head, s.size) + from * s.v.stride, ya = s.y.at(batch, head, s.size) + first * s.y.stride;
      product(rows, n, s.size, s.scale, {q + qa, s.q.stride}, {k + ka, s.k.stride, true}, 0, p, n);
      product(rows, n, s.size, 1, {dy + ya, s.y.stride}, {v + va, s.v.stride, true}, 0, ds, n);
      for (int64_t r = 0; r < rows; r++) {
        row(p + r * n, ds + r * n, n, lse[(batch * s.heads + head) * s.q.tokens + first + r], delta[r]);
      }
      const float more = first == 0 ? 0.0f : 1.0f;
      product(n, s.size, rows, 1, {p, n, true}, {dy + ya, s.y.stride}, more, dv + va, s.v.stride);
      product(n, s.size, rows, 1, {ds, n, true}, {q + qa, s.q.stride}, more, dk + ka, s.k.stride);
      product(rows, s.size, n, 1, {ds, n}, {k + ka, s.k.stride}, from == 0 ? 0.0f : 1.0f, dq + qa, s.q.stride);
    }

    // Scores become probabilities, gradients of probabilities those of scores. No score is far above lse, which is above all scores: the
    // bound keeps exp_negative within its range.
    void row(float* p, float* ds, int64_t n, float lse, float delta) const {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
        const float x = p[i] - lse;
        const float e = exp_negative(x > 80 ? 80 : x);
        p[i] = e;
        ds[i] = e * (ds[i] - delta) * s.scale;
      }
    }
  };

  int64_t heads_;
  bool narrow_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) {
  if (in.size() < 5 || in[4].empty()) return {in.at(3)};
  return {in[3], in[4], in[5]};
}

template <class T>
Entry entry() {
  const Arg some{type_of<T>}, maybe{type_of<T>, true}, single{Type::f32, true};
  return {"AttentionGrad", {some, some, {}, some, maybe, maybe, single}, {maybe, maybe, maybe}, shapes,
          [](const Attributes& a) -> std::unique_ptr<Kernel> { return std::make_unique<AttentionGrad>(a, type_of<T> == Type::bf16); }};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(AttentionGrad);

}  // namespace
}  // namespace ssc
