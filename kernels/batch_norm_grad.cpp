// BatchNormGrad: with x^ = (x - mean)*r, r = 1/sqrt(variance + epsilon) and n elements of a channel,
// db = sum dy, dw = sum dy*x^, dx = w*r*(dy - db/n - x^*dw/n). BatchNormReluGrad: the same for dy where y > 0 and 0 elsewhere.
#include <algorithm>

#include "norm.h"

namespace ssc {
namespace {

// Where the gradient comes from: dy itself, dy where the result computed anew is positive, or dy where y is.
enum class From { dy, anew, y };

// dx = g*a + (x*k + c), for each channel.
struct Line {
  float a, k, c;
};

// The pointers of a call. g, the gradient behind the mask, is written in the first pass and read in the second, if somebody wants it.
template <class T>
struct Data {
  const T *dy, *x, *y;
  const float* mean;
  T *dx, *g;
};

template <From from, class T>
class Rows {
 public:
  static void sums(const Data<T>& d, const Folds& f, int64_t count, int64_t begin, int64_t end, float* a, float* b) {
    const float* const mean = d.mean;
    const float* const scale = f.scale.data();
    const float* const shift = f.shift.data();
    for (int64_t r = begin * count; r < end * count; r += count) {
#pragma omp simd
      for (int64_t k = 0; k < count; k++) {
        const float v = d.x[r + k];
        const float g = masked(d.dy[r + k], v, scale[k], shift[k], from == From::y ? d.y[r + k] : 0.0f);
        if (from == From::y) d.g[r + k] = g;
        a[k] += g;
        b[k] += g * (v - mean[k]);
      }
    }
  }

  static void result(const Data<T>& d, const Folds& f, const float* lines, int64_t count, int64_t begin, int64_t end) {
    const float* const a = lines;
    const float* const k = lines + count;
    const float* const c = lines + 2 * count;
    const float* const scale = f.scale.data();
    const float* const shift = f.shift.data();
    const T* const source = from == From::y ? d.g : d.dy;
    for (int64_t r = begin * count; r < end * count; r += count) {
#pragma omp simd
      for (int64_t i = 0; i < count; i++) {
        const float v = d.x[r + i];
        const float g = from == From::anew ? masked(source[r + i], v, scale[i], shift[i], 0) : source[r + i];
        d.dx[r + i] = g * a[i] + (v * k[i] + c[i]);
      }
    }
  }

  // The two sums over the stretch [begin, end) of a plane.
  static void plane_sums(const Data<T>& d, const Fold& f, float mean, int64_t begin, int64_t end, float* sum, float* centred) {
    float s = 0, t = 0;
#pragma omp simd reduction(+ : s, t)
    for (int64_t i = begin; i < end; i++) {
      const float g = masked(d.dy[i], d.x[i], f.scale, f.shift, from == From::y ? d.y[i] : 0.0f);
      if (from == From::y) d.g[i] = g;
      s += g;
      t += g * (d.x[i] - mean);
    }
    *sum = s, *centred = t;
  }

  static void plane_result(const Data<T>& d, const Fold& f, const Line& l, int64_t begin, int64_t end) {
    const T* const source = from == From::y ? d.g : d.dy;
#pragma omp simd
    for (int64_t i = begin; i < end; i++) {
      const float g = from == From::anew ? masked(source[i], d.x[i], f.scale, f.shift, 0) : source[i];
      d.dx[i] = g * l.a + (d.x[i] * l.k + l.c);
    }
  }

 private:
  static float masked(float dy, float x, float scale, float shift, float y) {
    if (from == From::dy) return dy;
    return (from == From::anew ? x * scale + shift : y) > 0 ? dy : 0;
  }
};

template <bool relu, class T>
class BatchNormGrad : public Kernel {
 public:
  explicit BatchNormGrad(const Attributes& a) : epsilon_(a.number("epsilon", 1e-5f)), last_(a.integer("channels_last", 0) != 0), groups_(a.integer("groups", 1)) {}

  // The inputs are dy, x, w, mean, variance, or dy, x, w, b, mean, variance, y.
  void compute(Call& call) override {
    const Channels c(call.dims(1), last_, groups_);
    if (call.dims(0) != call.dims(1)) mismatch("BatchNormGrad", "dy is " + text(call.dims(0)) + ", x " + text(call.dims(1)));
    for (size_t i = 2; i < (relu ? 6 : 5); i++) {
      const bool moments = i + 2 >= (relu ? 6 : 5);
      if (call.dims(i) != Dims{moments ? c.groups * c.count : c.count}) mismatch("BatchNormGrad", "an input of shape " + text(call.dims(i)) + " does not fit " + text(call.dims(1)));
    }
    if (!relu) return run<From::dy>(call, c, call.input(2), call.input(3), nullptr);
    if (!call.has(6)) return run<From::anew>(call, c, call.input(3), call.input(4), nullptr);
    if (call.dims(6) != call.dims(1)) mismatch("BatchNormReluGrad", "y is " + text(call.dims(6)) + ", x " + text(call.dims(1)));
    run<From::y>(call, c, call.input(3), call.input(4), call.input<T>(6));
  }

 private:
  float epsilon_;
  bool last_;
  int64_t groups_;

  template <From from>
  void run(Call& call, const Channels& c, const float* b, const float* mean, const T* y) {
    const float* const variance = call.input(relu ? 5 : 4);
    Data<T> d{call.input<T>(0), call.input<T>(1), y, mean, call.output<T>(0, call.dims(1)), y ? call.output<T>(3, call.dims(1)) : nullptr};
    float* const dw = call.output(1, {c.count});
    float* const db = call.output(2, {c.count});
    const Buffer spare = call.scratch(y && !d.g ? size_of(call.dims(1)) * sizeof(T) : 0);
    if (y && !d.g) d.g = static_cast<T*>(spare.data());
    for (float* sum : {dw, db}) {
      if (sum) std::fill(sum, sum + c.count, 0.0f);
    }
    for (int64_t g = 0; g < c.groups; g++) {
      const int64_t at = g * c.size(), moments = g * c.count;
      const auto part = [at](auto* all) { return all ? all + at : nullptr; };
      group<from>(call, c, b, variance + moments, {d.dy + at, d.x + at, part(d.y), mean + moments, part(d.dx), part(d.g)}, dw, db);
    }
  }

  // One group; dw and db, null for none, are added to.
  template <From from>
  void group(const Call& call, const Channels& c, const float* b, const float* variance, const Data<T>& d, float* dw, float* db) const {
    const float *const w = call.input(2), *const mean = d.mean;
    const auto line = [&](int64_t k, double sum, double centred) {  // sums of g and of g*(x - mean)
      const double r = 1 / std::sqrt(static_cast<double>(variance[k]) + epsilon_), n = c.elements(), a = w[k] * r;
      if (dw) dw[k] += static_cast<float>(centred * r);
      if (db) db[k] += static_cast<float>(sum);
      const float slope = static_cast<float>(-a * r * r * centred / n);
      return Line{static_cast<float>(a), slope, static_cast<float>(-a * sum / n) - slope * mean[k]};
    };
    if (c.planes()) {
      call.parallel(c.count, [&](size_t k) { planes<from>(c, k, d, Fold(w[k], b[k], mean[k], variance[k], epsilon_), line); });
      return;
    }
    const Folds f(w, b, mean, variance, epsilon_, c.count);
    std::vector<double> sum(c.count), centred(c.count);
    row_sums(call, c, [&](int64_t begin, int64_t end, float* s, float* t) { Rows<from, T>::sums(d, f, c.count, begin, end, s, t); }, sum.data(), centred.data());
    std::vector<float> lines(3 * c.count);
    for (int64_t k = 0; k < c.count; k++) {
      const Line l = line(k, sum[k], centred[k]);
      lines[k] = l.a, lines[c.count + k] = l.k, lines[2 * c.count + k] = l.c;
    }
    if (!d.dx) return;
    c.rows(call, [&](size_t, int64_t begin, int64_t end) { Rows<from, T>::result(d, f, lines.data(), c.count, begin, end); });
  }

  template <From from, class F>
  static void planes(const Channels& c, int64_t k, const Data<T>& d, const Fold& f, const F& line) {
    double sum = 0, centred = 0;
    for (int64_t n = 0; n < c.outer; n++) {
      const int64_t end = c.plane(n, k) + c.inner;
      for (int64_t i = c.plane(n, k); i < end; i += 16 * stretch) {
        float s, t;
        Rows<from, T>::plane_sums(d, f, d.mean[k], i, std::min(end, i + 16 * stretch), &s, &t);
        sum += s;
        centred += t;
      }
    }
    const Line l = line(k, sum, centred);
    if (!d.dx) return;
    for (int64_t n = 0; n < c.outer; n++) Rows<from, T>::plane_result(d, f, l, c.plane(n, k), c.plane(n, k) + c.inner);
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(1), in.at(2), in.at(2)}; }

std::vector<Dims> relu_shapes(const std::vector<Dims>& in, const Attributes&) {
  std::vector<Dims> out{in.at(1), in.at(2), in.at(2)};
  if (in.size() > 6 && !in[6].empty()) out.push_back(in[1]);
  return out;
}

constexpr Arg maybe{Type::f32, true};

template <class T>
constexpr Arg map{type_of<T>, true};

template <class T>
Entry plain() {
  return {"BatchNormGrad", {{type_of<T>}, {type_of<T>}, {}, {}, {}}, {map<T>, maybe, maybe}, shapes, make<BatchNormGrad<false, T>>};
}

template <class T>
Entry with_relu() {
  return {"BatchNormReluGrad", {{type_of<T>}, {type_of<T>}, {}, {}, {}, {}, map<T>}, {map<T>, maybe, maybe, map<T>}, relu_shapes, make<BatchNormGrad<true, T>>};
}

const Register f32{plain<float>()}, bf16{plain<BFloat16>()}, relu_f32{with_relu<float>()}, relu_bf16{with_relu<BFloat16>()};
SSC_LISTED(BatchNormGrad);
SSC_LISTED(BatchNormReluGrad);

}  // namespace
}  // namespace ssc
