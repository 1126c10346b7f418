// A map is cut into tiles of 4x4 results, and their inputs and the weights are transformed into 36 numbers each. What were windows are then 36 products of matrices, over the
// channels, or over the tiles for the gradient of the weight. Blocks of tiles run on the session's threads, small enough for their transforms to stay in the cache.
#include "winograd.h"

#include <algorithm>
#include <dnnl.hpp>

#include "one_thread.h"
#include "winograd_tiles.h"

namespace ssc {

namespace {

constexpr int64_t places = 36;

constexpr int64_t parts = 4;  // in which places are taken together

// Partial sums of a weight gradient, one for each piece of the work.
size_t pieces_of(int64_t in, int64_t out, int64_t blocks) { return std::min<int64_t>(blocks, in * out > 128 * 128 ? 4 : 8); }

// Whether a weight gradient keeps the transforms of all tiles: that takes less memory than twice the partial sums.
bool keeps_all(int64_t in, int64_t out, int64_t tiles) { return tiles * (in + out) <= 2 * in * out * static_cast<int64_t>(pieces_of(in, out, tiles)); }

}  // namespace

// to = a * b, or to += a * b, at each of some places.
struct Winograd::Products {
  dnnl::matmul product;
  dnnl::memory::desc a, b, packed, to, scratch;
  std::vector<dnnl::reorder> pack;  // one for each part; none where oneDNN takes b as it is
  std::vector<dnnl::memory::desc> from, into;

  // Where b is wanted in any layout, pack brings it into the one that oneDNN likes best.
  Products(const dnnl::memory::dims& as, bool transposed, const dnnl::memory::dims& bs, bool any, bool adds) {
    using namespace dnnl;
    const auto f32 = memory::data_type::f32;
    a = memory::desc(as, f32, transposed ? memory::format_tag::acb : memory::format_tag::abc);
    b = memory::desc(bs, f32, memory::format_tag::abc);
    to = memory::desc({as[0], as[1], bs[2]}, f32, memory::format_tag::abc);
    primitive_attr attr;
    attr.set_scratchpad_mode(scratchpad_mode::user);
    if (adds) {
      post_ops sum;
      sum.append_sum();
      attr.set_post_ops(sum);
    }
    const matmul::primitive_desc d(one_engine(), a, any ? memory::desc(bs, f32, memory::format_tag::any) : b, to, attr);
    product = matmul(d);
    packed = d.weights_desc();
    scratch = d.scratchpad_desc();
    if (packed == b) return;
    for (int64_t i = 0; i < parts; i++) {
      const memory::dims size{places / parts, bs[1], bs[2]}, offset{i * size[0], 0, 0};
      from.push_back(b.submemory_desc(size, offset));
      into.push_back(packed.submemory_desc(size, offset));
      pack.emplace_back(reorder::primitive_desc(one_engine(), from[i], one_engine(), into[i]));
    }
  }

  void run(const Call& call, const float* x, const float* y, float* z) const {
    const Buffer spare = call.scratch(scratch.get_size());
    execute_one(product, {{DNNL_ARG_SRC, view(a, x)}, {DNNL_ARG_WEIGHTS, view(packed, y)}, {DNNL_ARG_DST, view(to, z)}, {DNNL_ARG_SCRATCHPAD, view(scratch, spare.data())}});
  }
};

bool Winograd::pays(Pass pass, const Window& o, Type type, const Dims& x, const Dims& w, const Dims& y) {
  const auto all = [](const Dims& d, int64_t n) { return std::all_of(d.begin(), d.end(), [n](int64_t v) { return v == n; }); };
  if (!o.channels_last || o.group != 1 || !all(o.strides, 1) || !all(o.dilations, 1) || w[2] != 3 || w[3] != 3) return false;
  if (std::any_of(o.pads.begin(), o.pads.end(), [](int64_t p) { return p > 2; })) return false;
  if (w[0] % lanes || w[1] % lanes || w[0] < 32 || w[1] < 32) return false;
  // Tiles at the edge compute results that nobody wants; and few tiles do not pay for the transforms of the weight.
  const Dims& to = pass == Pass::input_grad ? x : y;
  const int64_t tiles = to[0] * ((to[1] + 3) / 4) * ((to[2] + 3) / 4);
  const int64_t pixels = to[0] * to[1] * to[2];
  if (pixels < 10 * tiles || tiles < 64) return false;
  // oneDNN multiplies numbers of 16 bits more than twice as fast: there must be less waste at the edges, or more to multiply for what is transformed.
  if (type == Type::bf16) {
    const bool full = pixels > 13 * tiles, large = w[0] * w[1] >= 128 * 128 && tiles >= 256;
    if (w[0] < 64 || w[1] < 64 || (pass != Pass::weight_grad && !full && !large)) return false;
  }
  return pass != Pass::weight_grad || w[0] * w[1] <= 256 * 256 || keeps_all(w[1], w[0], tiles);  // the sums of larger ones take too much memory
}

Winograd::Winograd(Pass pass, const Window& o, const Dims& x, const Dims& w, const Dims& y) : pass_(pass), top_(o.pads[0]), left_(o.pads[1]) {
  in_ = {x[1], x[2], x[3]}, out_ = {y[1], y[2], y[3]};
  if (pass == Pass::input_grad) {
    std::swap(in_, out_);
    top_ = 2 - top_, left_ = 2 - left_;
  }
  across_ = (out_.columns + 3) / 4;
  per_map_ = (out_.rows + 3) / 4 * across_;
  tiles_ = x[0] * per_map_;
  const OneThread one;
  block_ = 32;
  if (pass == Pass::weight_grad && keeps_all(w[1], w[0], tiles_)) {
    products_ = std::make_unique<Products>(dnnl::memory::dims{1, w[1], tiles_}, true, dnnl::memory::dims{1, tiles_, w[0]}, false, false);
    return;
  }
  if (pass == Pass::weight_grad) {
    block_ = 64;
    products_ = std::make_unique<Products>(dnnl::memory::dims{places, w[1], block_}, true, dnnl::memory::dims{places, block_, w[0]}, false, true);
    return;
  }
  products_ = std::make_unique<Products>(dnnl::memory::dims{places, block_, in_.channels}, false, dnnl::memory::dims{places, in_.channels, out_.channels}, true, false);
}

Winograd::~Winograd() = default;

template <class T>
void Winograd::run(Call& call, const T* first, const T* second, void* out) const {
  pass_ == Pass::weight_grad ? weight_grad(call, first, second, static_cast<float*>(out)) : convolve(call, first, second, static_cast<T*>(out));
}

template void Winograd::run(Call&, const float*, const float*, void*) const;
template void Winograd::run(Call&, const BFloat16*, const BFloat16*, void*) const;

template <class T>
void Winograd::convolve(Call& call, const T* in, const T* w, T* out) const {
  const size_t size = places * in_.channels * out_.channels * sizeof(float);
  const Buffer plain = call.scratch(size), packed = call.scratch(products_->pack.empty() ? 0 : products_->packed.get_size());
  transform_weights(call, w, plain.floats());
  call.parallel(products_->pack.size(), [&](size_t i) {
    const OneThread one;
    execute_one(products_->pack[i], {{DNNL_ARG_FROM, view(products_->from[i], plain.data())}, {DNNL_ARG_TO, view(products_->into[i], packed.data())}});
  });
  const float* const weights = packed.data() ? packed.floats() : plain.floats();
  call.parallel(pieces_of(tiles_, block_), [&](size_t i) {
    const OneThread one;
    const Buffer spare = call.scratch(places * block_ * (in_.channels + out_.channels) * sizeof(float));
    float* const inputs = spare.floats();
    float* const results = inputs + places * block_ * in_.channels;
    gather<Input>(in_, top_, left_, i * block_, block_, block_, in, inputs);
    products_->run(call, inputs, weights, results);
    scatter(i * block_, results, out);
  });
}

// Transforms the weights to [place, in, out]. For the gradient of the input, windows are turned round and the roles of the channels swapped.
template <class T>
void Winograd::transform_weights(Call& call, const T* w, float* u) const {
  const bool turned = pass_ == Pass::input_grad;
  const int64_t in = in_.channels, out = out_.channels, step = turned ? 9 : in * 9;  // from one output channel to the next
  call.parallel(in / lanes, [&](size_t block) {
    for (int64_t i = block * lanes; i < static_cast<int64_t>(block + 1) * lanes; i++) {
      for (int64_t o = 0; o < out; o += lanes) {
        const T* const from = w + (turned ? (i * out + o) * 9 : (o * in + i) * 9);
        Lanes g[3][3];
        for (int64_t l = 0; l < lanes; l++) {
          for (int64_t k = 0; k < 9; k++) g[k / 3][k % 3][l] = from[l * step + (turned ? 8 - k : k)];
        }
        square<Taps>([&](int r, int c, Lanes& v) { v = g[r][c]; }, [&](int r, int c, const Lanes& v) { at(u + ((r * 6 + c) * in + i) * out + o) = v; });
      }
    }
  });
}

// Transforms the pixels of count tiles to [place, tile, channel], where a place has stride tiles. What lies beside the map is 0, as are tiles behind the last.
// The pixels of the next tile are called into the cache meanwhile: processors do not guess them.
template <class Transform, class T>
void Winograd::gather(const Map& m, int64_t overlap_top, int64_t overlap_left, int64_t first, int64_t count, int64_t stride, const T* maps, float* to) const {
  constexpr int n = Transform::from;
  const std::vector<T> zeros(m.channels);
  const T *now[n][n] = {}, *next[n][n];
  const auto find = [&](int64_t tile, const T* (&pixels)[n][n]) {
    const int64_t map = tile / per_map_, r = tile % per_map_ / across_ * 4 - overlap_top, c = tile % across_ * 4 - overlap_left;
    for (int64_t i = 0; i < n; i++) {
      const bool on = tile < tiles_ && r + i >= 0 && r + i < m.rows;
      const T* const row = maps + ((map * m.rows + r + i) * m.columns + c) * m.channels;
      for (int64_t j = 0; j < n; j++) pixels[i][j] = on && c + j >= 0 && c + j < m.columns ? row + j * m.channels : zeros.data();
    }
  };
  find(first, next);
  for (int64_t t = 0; t < count; t++) {
    std::swap(now, next);
    find(first + t + 1, next);
    float* const tile = to + t * m.channels;
    for (int64_t k = 0; k < m.channels; k += lanes) {
      square<Transform>(
          [&](int i, int j, Lanes& v) {
            if (j >= n - 4) __builtin_prefetch(next[i][j] + k);
            load(now[i][j] + k, v);
          },
          [&](int i, int j, const Lanes& v) { at(tile + (i * 6 + j) * stride * m.channels + k) = v; });
    }
  }
}

// Transforms products [place, tile, channel] to the results of a block of tiles.
template <class T>
void Winograd::scatter(int64_t first, const float* products, T* maps) const {
  std::vector<T> beside(out_.channels);
  T *now[4][4] = {}, *next[4][4];
  const auto find = [&](int64_t tile, T* (&pixels)[4][4]) {
    const int64_t map = tile / per_map_, r = tile % per_map_ / across_ * 4, c = tile % across_ * 4;
    for (int64_t i = 0; i < 4; i++) {
      T* const row = maps + ((map * out_.rows + r + i) * out_.columns + c) * out_.channels;
      for (int64_t j = 0; j < 4; j++) pixels[i][j] = tile < tiles_ && r + i < out_.rows && c + j < out_.columns ? row + j * out_.channels : beside.data();
    }
  };
  find(first, next);
  for (int64_t t = 0; t < std::min(block_, tiles_ - first); t++) {
    std::swap(now, next);
    find(first + t + 1, next);
    const float* const tile = products + t * out_.channels;
    for (int64_t k = 0; k < out_.channels; k += lanes) {
      square<Result>([&](int i, int j, Lanes& v) { v = at(tile + (i * 6 + j) * block_ * out_.channels + k); },
                     [&](int i, int j, const Lanes& v) {
                       __builtin_prefetch(next[i][j] + k, 1);
                       store(v, now[i][j] + k);
                     });
    }
  }
}

template <class T>
void Winograd::weight_grad(Call& call, const T* x, const T* dy, float* dw) const {
  const int64_t in = in_.channels, out = out_.channels, blocks = pieces_of(tiles_, block_);
  const bool all = keeps_all(in, out, tiles_);
  const size_t pieces = all ? 1 : pieces_of(in, out, blocks), sum = places * in * out;
  const Buffer sums = call.scratch(pieces * sum * sizeof(float));
  if (all) {
    const Buffer all_inputs = call.scratch(places * tiles_ * in * sizeof(float)), all_grads = call.scratch(places * tiles_ * out * sizeof(float));
    float *const inputs = all_inputs.floats(), *const grads = all_grads.floats();
    call.parallel(blocks, [&](size_t i) {
      const int64_t count = std::min(block_, tiles_ - static_cast<int64_t>(i) * block_);
      gather<Input>(in_, top_, left_, i * block_, count, tiles_, x, inputs + i * block_ * in);
      gather<ResultGrad>(out_, 0, 0, i * block_, count, tiles_, dy, grads + i * block_ * out);
    });
    call.parallel(places, [&](size_t i) {
      const OneThread one;
      products_->run(call, inputs + i * tiles_ * in, grads + i * tiles_ * out, sums.floats() + i * in * out);
    });
  } else {
    call.parallel(pieces, [&](size_t piece) {
      const OneThread one;
      const Buffer spare = call.scratch(places * block_ * (in + out) * sizeof(float));
      float* const inputs = spare.floats();
      float* const grads = inputs + places * block_ * in;
      float* const total = sums.floats() + piece * sum;
      std::fill(total, total + sum, 0.0f);
      for (int64_t i = blocks * piece / pieces; i < static_cast<int64_t>(blocks * (piece + 1) / pieces); i++) {
        gather<Input>(in_, top_, left_, i * block_, block_, block_, x, inputs);
        gather<ResultGrad>(out_, 0, 0, i * block_, block_, block_, dy, grads);
        products_->run(call, inputs, grads, total);
      }
    });
  }
  transform_sums(call, pieces, sums.floats(), dw);
}

// Adds the sums [place, in, out] of the pieces in their order and transforms them to the gradient of the weight.
void Winograd::transform_sums(Call& call, size_t pieces, const float* sums, float* dw) const {
  const int64_t in = in_.channels, out = out_.channels;
  call.parallel(in / lanes, [&](size_t block) {
    for (int64_t i = block * lanes; i < static_cast<int64_t>(block + 1) * lanes; i++) {
      for (int64_t o = 0; o < out; o += lanes) {
        Lanes g[3][3];
        square<TapsGrad>(
            [&](int r, int c, Lanes& v) {
              const float* const from = sums + ((r * 6 + c) * in + i) * out + o;
              v = at(from);
              for (size_t piece = 1; piece < pieces; piece++) v += at(from + piece * places * in * out);
            },
            [&](int r, int c, const Lanes& v) { g[r][c] = v; });
        for (int64_t l = 0; l < lanes; l++) {
          for (int64_t k = 0; k < 9; k++) dw[((o + l) * in + i) * 9 + k] = g[k / 3][k % 3][l];
        }
      }
    }
  });
}

}  // namespace ssc
