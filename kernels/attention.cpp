// Attention: softmax(q*kᵀ/√d)*v in each head. Scores exist one tile at a time; where a row has several, its sums are rescaled to the largest
// score so far. Milakov and Gimelshein 2018; Dao et al. 2022, algorithm 1.
#include "attention.h"

namespace ssc {
namespace {

class Attention : public Kernel {
 public:
  Attention(const Attributes& a, bool narrow) : heads_(a.integer("num_heads", 1)), narrow_(narrow) {}

  void compute(Call& call) override {
    const AttentionShape s("Attention", call, 0, heads_);
    narrow_ ? compute_narrow(call, s) : compute_single(call, s);
  }

 private:
  void compute_single(Call& call, const AttentionShape& s) const {
    Task t{s, call.input(0), call.input(s.packed ? 0 : 1), call.input(s.packed ? 0 : 2), nullptr, nullptr};
    t.y = call.output(0, {s.batch, s.q.tokens, s.dim});
    t.lse = call.output(1, {s.batch, s.heads, s.q.tokens});
    const int64_t tiles = pieces_of(s.q.tokens, s.rows());
    call.parallel(s.batch * s.heads * tiles, [&](size_t i) {
      const Buffer scratch = call.scratch(s.rows() * (s.columns() + 2) * sizeof(float));
      t.tile(i / tiles / s.heads, i / tiles % s.heads, i % tiles * s.rows(), scratch.floats());
    });
  }

  // Of BFloat16: each head is taken out as float and computed by itself.
  void compute_narrow(Call& call, const AttentionShape& s) const {
    const auto *q = call.input<BFloat16>(0), *k = call.input<BFloat16>(s.packed ? 0 : 1), *v = call.input<BFloat16>(s.packed ? 0 : 2);
    auto* const y = call.output<BFloat16>(0, {s.batch, s.q.tokens, s.dim});
    float* const lse = call.output(1, {s.batch, s.heads, s.q.tokens});
    const AttentionShape one = s.one();
    const int64_t qn = one.q.tokens * s.size, kn = one.k.tokens * s.size;
    call.parallel(s.batch * s.heads, [&](size_t i) {
      const int64_t batch = i / s.heads, head = i % s.heads;
      const Buffer scratch = call.scratch((s.rows() * (s.columns() + 2) + 2 * (qn + kn)) * sizeof(float));
      float* const qs = scratch.floats();
      float* const ks = qs + qn;
      float* const vs = ks + kn;
      float* const ys = vs + kn;
      s.q.take(q, batch, head, s.size, qs);
      s.k.take(k, batch, head, s.size, ks);
      s.v.take(v, batch, head, s.size, vs);
      const Task t{one, qs, ks, vs, ys, lse ? lse + i * s.q.tokens : nullptr};
      for (int64_t first = 0; first < s.q.tokens; first += s.rows()) t.tile(0, 0, first, ys + qn);
      s.y.put(ys, batch, head, s.size, y);
    });
  }

  struct Task {
    const AttentionShape& s;
    const float *q, *k, *v;
    float *y, *lse;

    // The rows from first on, as many as a tile has.
    void tile(int64_t batch, int64_t head, int64_t first, float* scratch) const {
      const int64_t rows = std::min(s.rows(), s.q.tokens - first);
      float* const top = scratch;
      float* const sum = scratch + s.rows();
      float* const score = scratch + 2 * s.rows();
      const float* const qs = q + s.q.at(batch, head, s.size) + first * s.q.stride;
      float* const out = y + s.y.at(batch, head, s.size) + first * s.y.stride;
      for (int64_t from = 0; from < s.k.tokens; from += s.columns()) {
        const int64_t n = std::min(s.columns(), s.k.tokens - from);
        const float* const ks = k + s.k.at(batch, head, s.size) + from * s.k.stride;
        const float* const vs = v + s.v.at(batch, head, s.size) + from * s.v.stride;
        product(rows, n, s.size, s.scale, {qs, s.q.stride}, {ks, s.k.stride, true}, 0, score, n);
        for (int64_t r = 0; r < rows; r++) exponentials(score + r * n, n, out + r * s.y.stride, top + r, sum + r, from == 0);
        product(rows, s.size, n, 1, {score, n}, {vs, s.v.stride}, from == 0 ? 0.0f : 1.0f, out, s.y.stride);
      }
      for (int64_t r = 0; r < rows; r++) {
        const float f = 1 / sum[r];
        for (int64_t i = 0; i < s.size; i++) out[r * s.y.stride + i] *= f;
        if (lse) lse[(batch * s.heads + head) * s.q.tokens + first + r] = top[r] + std::log(sum[r]);
      }
    }

    // Turns the scores of a row into exponentials over the largest score so far, and what was summed before into the same measure.
    void exponentials(float* x, int64_t n, float* out, float* top, float* sum, bool fresh) const {
      float high = fresh ? -std::numeric_limits<float>::infinity() : *top;
#pragma omp simd reduction(max : high)
      for (int64_t i = 0; i < n; i++) high = x[i] > high ? x[i] : high;
      float all = 0;
#pragma omp simd reduction(+ : all)
      for (int64_t i = 0; i < n; i++) {
        const float e = exp_negative(x[i] - high);
        x[i] = e, all += e;
      }
      if (!fresh) {
        const float kept = exp_negative(*top - high);
        all += *sum * kept;
        for (int64_t i = 0; i < s.size; i++) out[i] *= kept;
      }
      *top = high, *sum = all;
    }
  };

  int64_t heads_;
  bool narrow_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) {
  Dims y = in.at(0);
  if (in.size() < 2 || in[1].empty()) y.at(2) /= 3;
  return {y, {y.at(0), a.integer("num_heads", 1), y.at(1)}};
}

template <class T>
Entry entry() {
  return {"Attention", {{type_of<T>}, {type_of<T>, true}, {type_of<T>, true}}, {{type_of<T>}, {Type::f32, true}}, shapes,
          [](const Attributes& a) -> std::unique_ptr<Kernel> { return std::make_unique<Attention>(a, type_of<T> == Type::bf16); }};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(Attention);

}  // namespace
}  // namespace ssc
