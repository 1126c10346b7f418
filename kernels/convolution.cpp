// The work is cut along the batch into pieces that run on the session's threads; inside a piece oneDNN is told to use one thread, so that
// there is one pool of threads and not two. The number of pieces does not depend on the number of threads, nor then does a weight
// gradient, which is the sum of the pieces' in their order.
#include "convolution.h"

#include <algorithm>

#include "columns.h"
#include "one_thread.h"
#include "point.h"
#include "winograd.h"

namespace ssc {

using dnnl::memory;
using Args = std::unordered_map<int, memory>;

namespace {

// The 4-axis shape with the channel axis second, whatever the layout.
memory::dims planes(const Dims& d, bool last) { return last ? memory::dims{d[0], d[3], d[1], d[2]} : memory::dims(d.begin(), d.end()); }

memory::data_type data_type(Type t) { return t == Type::bf16 ? memory::data_type::bf16 : memory::data_type::f32; }

memory::desc maps(memory::dims d, int64_t batch, bool last, Type type) {
  d[0] = batch;
  return {d, data_type(type), last ? memory::format_tag::nhwc : memory::format_tag::nchw};
}

// A piece of the batch of one size: the primitive, and what its arguments look like.
struct Piece {
  dnnl::primitive primitive;
  memory::desc first, second, out, scratch;
};

}  // namespace

Window::Window(const Attributes& a)
    : strides(a.ints("strides")), pads(a.ints("pads")), dilations(a.ints("dilations")), group(a.integer("group", 1)),
      channels_last(a.integer("channels_last", 0) != 0) {
  if (strides.empty()) strides = {1, 1};
  if (pads.empty()) pads = {0, 0, 0, 0};
  if (dilations.empty()) dilations = {1, 1};
  if (strides.size() != 2 || pads.size() != 4 || dilations.size() != 2 || group < 1) throw Error("convolution: want two axes");
}

Dims Window::result(const Dims& x, const Dims& w) const {
  if (x.size() != 4 || w.size() != 4) throw Error("convolution: the input is " + text(x) + ", the weight " + text(w) + ", want four axes each");
  Dims y = x;
  const size_t space = channels_last ? 1 : 2, channel = channels_last ? 3 : 1;
  if (x[channel] != w[1] * group) throw Error("convolution: the input " + text(x) + " has other channels than the weight " + text(w));
  y[channel] = w[0];
  for (size_t i = 0; i < 2; i++) {
    const int64_t room = x[space + i] + pads[i] + pads[2 + i] - dilations[i] * (w[2 + i] - 1) - 1;
    y[space + i] = room < 0 ? 0 : room / strides[i] + 1;
  }
  return y;
}

struct Convolution::Plan {
  Dims x, w;
  bool bias = false;
  size_t pieces = 1;
  int64_t large = 0, small = 0;  // batch of a piece; the first many have one sample more
  size_t many = 0;
  Piece piece[2];  // of large and of small samples
  memory::desc plain, packed;  // the weight as the graph has it, and as oneDNN wants it
  bool pack = false;
  dnnl::primitive reorder;
  std::unique_ptr<Winograd> winograd;  // instead of all that, where it pays
};

Convolution::Convolution(Pass pass, const Window& window, Type type) : pass_(pass), window_(window), type_(type) {
  if (type == Type::bf16 && !has_bfloat16()) wide_ = std::make_unique<Convolution>(pass, window);
}
Convolution::~Convolution() = default;

namespace {

// Pieces are many enough for the threads of a large machine to share evenly. A weight gradient has as many partial sums: where these
// are large, fewer pieces cost less.
size_t pieces_of(Pass pass, const Dims& x, const Dims& w) {
  size_t n = 16;
  if (pass == Pass::weight_grad) {
    const int64_t elements = size_of(w);
    n = elements > (1 << 20) ? 4 : 8;
  }
  return std::max<size_t>(1, std::min<size_t>(n, x[0]));
}

template <class Desc>
Piece finish(const Desc& d, memory::desc first, memory::desc second, memory::desc out) {
  return {dnnl::primitive(d), std::move(first), std::move(second), std::move(out), d.scratchpad_desc()};
}

// make builds the primitive for a piece of n samples. weight is the layout of the weight, any for oneDNN's choice.
Piece make_piece(Pass pass, const Window& o, Type type, const Dims& x, const Dims& y, const memory::desc& weight, bool bias, int64_t n) {
  using namespace dnnl;
  const memory::desc xs = maps(planes(x, o.channels_last), n, o.channels_last, type), ys = maps(planes(y, o.channels_last), n, o.channels_last, type);
  const memory::dims strides(o.strides.begin(), o.strides.end()), left{o.pads[0], o.pads[1]};
  const memory::dims dilates{o.dilations[0] - 1, o.dilations[1] - 1};
  // What the window does not reach at the far edge is padding of negative size to oneDNN.
  memory::dims right(2);
  const auto xd = xs.get_dims(), yd = ys.get_dims(), wd = weight.get_dims();
  for (int i = 0; i < 2; i++) {
    const int64_t k = wd[wd.size() - 2 + i];
    right[i] = (yd[2 + i] - 1) * strides[i] + (k - 1) * o.dilations[i] + 1 - xd[2 + i] - left[i];
  }
  primitive_attr attr;
  attr.set_scratchpad_mode(scratchpad_mode::user);
  const auto direct = algorithm::convolution_direct;
  const auto bs = bias ? memory::desc({y[o.channels_last ? 3 : 1]}, memory::data_type::f32, memory::format_tag::a) : memory::desc();
  // The gradient of a weight is float32 where the weight is not.
  const auto ws = weight.get_data_type() == data_type(type) ? weight : memory::desc(wd, data_type(type), memory::format_tag::any);
  const convolution_forward::primitive_desc f(one_engine(), prop_kind::forward_training, direct, xs, ws, bs, ys, strides, dilates, left, right, attr);
  switch (pass) {
    case Pass::forward:
      return finish(f, f.src_desc(), f.weights_desc(), f.dst_desc());
    case Pass::input_grad: {
      const convolution_backward_data::primitive_desc d(one_engine(), direct, xs, weight, ys, strides, dilates, left, right, f, attr);
      return finish(d, d.diff_dst_desc(), d.weights_desc(), d.diff_src_desc());
    }
    default: {
      const convolution_backward_weights::primitive_desc d(one_engine(), direct, xs, weight, ys, strides, dilates, left, right, f, attr);
      return finish(d, d.src_desc(), d.diff_dst_desc(), d.diff_weights_desc());
    }
  }
}

}  // namespace

std::shared_ptr<Convolution::Plan> Convolution::plan(const Dims& x, const Dims& w, const Dims& y, bool bias) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& p : plans_) {
    if (p->x == x && p->w == w && p->bias == bias) return p;
  }
  const OneThread one;
  auto p = std::make_shared<Plan>();
  p->x = x, p->w = w, p->bias = bias;
  if (!bias && Winograd::pays(pass_, window_, type_, x, w, y)) {
    p->winograd = std::make_unique<Winograd>(pass_, window_, x, w, y);
    plans_.push_back(p);
    return p;
  }
  p->pieces = pieces_of(pass_, x, w);
  p->small = x[0] / p->pieces;
  p->many = x[0] % p->pieces;
  p->large = p->small + (p->many ? 1 : 0);
  const int64_t g = window_.group;
  memory::dims wd{w[0], w[1], w[2], w[3]};
  if (g > 1) wd = {g, w[0] / g, w[1], w[2], w[3]};
  const auto type = pass_ == Pass::weight_grad ? memory::data_type::f32 : data_type(type_);
  p->plain = memory::desc(wd, type, g > 1 ? memory::format_tag::goihw : memory::format_tag::oihw);
  p->piece[0] = make_piece(pass_, window_, type_, x, y, memory::desc(wd, type, memory::format_tag::any), bias, p->large);
  p->packed = pass_ == Pass::weight_grad ? p->piece[0].out : p->piece[0].second;
  p->piece[1] = p->many ? make_piece(pass_, window_, type_, x, y, p->packed, bias, p->small) : p->piece[0];
  p->pack = p->packed != p->plain;
  if (p->pack) {
    const bool out = pass_ == Pass::weight_grad;
    p->reorder = dnnl::reorder({one_engine(), out ? p->packed : p->plain, one_engine(), out ? p->plain : p->packed});
  }
  plans_.push_back(p);
  return p;
}

// Runs the pass as a product of matrices, where that is the faster way; says whether it is.
template <class T>
bool Convolution::run_product(const Call& call, const Dims& x, const Dims& w, const Dims& y, const T* first, const T* second, const float* bias, void* out) const {
  if (Columns::pays(pass_, window_, w)) {
    Columns(window_, x, w, y).weight_grad(call, first, second, static_cast<float*>(out));
    return true;
  }
  if (!Points::pays(pass_, window_, type_, w)) return false;
  const Points p(window_, x, y);
  if (pass_ == Pass::weight_grad) {
    p.weight_grad(call, w[1], w[0], first, second, static_cast<float*>(out));
  } else if constexpr (type_of<T> == Type::f32) {
    pass_ == Pass::forward ? p.forward(call, w[1], w[0], first, second, bias, static_cast<float*>(out)) : p.input_grad(call, w[1], w[0], first, second, static_cast<float*>(out));
  }
  return true;
}

namespace {

const char* bytes(const void* p) { return static_cast<const char*>(p); }

}  // namespace

// Converts what comes in to float32 and what goes out back.
void Convolution::run_wide(Call& call, const Dims& x, const Dims& w, const Dims& y, const void* first, const void* second, const float* bias, void* out) {
  const Dims& in = pass_ == Pass::input_grad ? y : x;
  const Dims& other = pass_ == Pass::weight_grad ? y : w;
  const Buffer a = widened(call, static_cast<const BFloat16*>(first), size_of(in)), b = widened(call, static_cast<const BFloat16*>(second), size_of(other));
  if (pass_ == Pass::weight_grad) return wide_->run(call, x, w, y, a.data(), b.data(), nullptr, out);
  const int64_t n = size_of(pass_ == Pass::forward ? y : x);
  const Buffer c = call.scratch(n * sizeof(float));
  wide_->run(call, x, w, y, a.data(), b.data(), bias, c.data());
  convert_all(call, c.floats(), static_cast<BFloat16*>(out), n);
}

void Convolution::run(Call& call, const Dims& x, const Dims& w, const Dims& y, const void* first, const void* second, const float* bias,
                      void* out) {
  if (size_of(y) == 0 || size_of(x) == 0) throw Error("convolution: the window does not fit into " + text(x));
  if (wide_) return run_wide(call, x, w, y, first, second, bias, out);
  return type_ == Type::bf16 ? run_typed(call, x, w, y, static_cast<const BFloat16*>(first), static_cast<const BFloat16*>(second), bias, out)
                             : run_typed(call, x, w, y, static_cast<const float*>(first), static_cast<const float*>(second), bias, out);
}

template <class T>
void Convolution::run_typed(Call& call, const Dims& x, const Dims& w, const Dims& y, const T* first, const T* second, const float* bias, void* out) {
  if (run_product(call, x, w, y, first, second, bias, out)) return;
  const auto p = plan(x, w, y, bias != nullptr);
  if (p->winograd) return p->winograd->run(call, first, second, out);
  run_direct(call, *p, x, w, y, first, second, bias, out);
}

void Convolution::run_direct(Call& call, const Plan& p, const Dims& x, const Dims& w, const Dims& y, const void* first, const void* second, const float* bias, void* out) const {
  const bool weight_grad = pass_ == Pass::weight_grad;
  const size_t element = memory::data_type_size(data_type(type_));
  const size_t xn = size_of(x) / x[0] * element, yn = size_of(y) / y[0] * element;  // bytes of a sample
  const size_t packed = p.packed.get_size();
  const Buffer weights = call.scratch(weight_grad ? (p.pack || p.pieces > 1 ? packed * p.pieces : 0) : (p.pack ? packed : 0));
  float* const partial = weights.data() ? weights.floats() : static_cast<float*>(out);  // of a weight gradient
  if (p.pack && !weight_grad) {
    const OneThread one;
    execute_one(p.reorder, {{DNNL_ARG_FROM, view(p.plain, second)}, {DNNL_ARG_TO, view(p.packed, weights.data())}});
    second = weights.data();
  }
  call.parallel(p.pieces, [&](size_t i) {
    const OneThread one;
    const bool large = !p.many || i < p.many;
    const Piece& piece = p.piece[large ? 0 : 1];
    const int64_t begin = i * p.small + std::min<size_t>(i, p.many);
    const Buffer scratch = call.scratch(piece.scratch.get_size());
    Args args{{DNNL_ARG_SCRATCHPAD, view(piece.scratch, scratch.data())}};
    switch (pass_) {
      case Pass::forward:
        args[DNNL_ARG_SRC] = view(piece.first, bytes(first) + begin * xn);
        args[DNNL_ARG_WEIGHTS] = view(piece.second, second);
        args[DNNL_ARG_DST] = view(piece.out, bytes(out) + begin * yn);
        if (bias) args[DNNL_ARG_BIAS] = view(memory::desc({w[0]}, memory::data_type::f32, memory::format_tag::a), bias);
        break;
      case Pass::input_grad:
        args[DNNL_ARG_DIFF_DST] = view(piece.first, bytes(first) + begin * yn);
        args[DNNL_ARG_WEIGHTS] = view(piece.second, second);
        args[DNNL_ARG_DIFF_SRC] = view(piece.out, bytes(out) + begin * xn);
        break;
      case Pass::weight_grad:
        args[DNNL_ARG_SRC] = view(piece.first, bytes(first) + begin * xn);
        args[DNNL_ARG_DIFF_DST] = view(piece.second, bytes(second) + begin * yn);
        args[DNNL_ARG_DIFF_WEIGHTS] = view(piece.out, partial + i * packed / sizeof(float));
        break;
    }
    execute_one(piece.primitive, args);
  });
  if (!weight_grad || partial == out) return;
  const size_t n = packed / sizeof(float), block = 4096;
  float* const sum = p.pack ? partial : static_cast<float*>(out);
  call.parallel(pieces_of(n, block), [&](size_t b) {
    const size_t from = b * block, to = std::min(n, from + block);
    for (size_t k = from; k < to; k++) sum[k] = partial[k];
    for (size_t i = 1; i < p.pieces; i++) {
      for (size_t k = from; k < to; k++) sum[k] += partial[i * n + k];
    }
  });
  if (p.pack) {
    const OneThread one;
    execute_one(p.reorder, {{DNNL_ARG_FROM, view(p.packed, partial)}, {DNNL_ARG_TO, view(p.plain, out)}});
  }
}

}  // namespace ssc
