// oneDNN's sgemm copies the parts of both matrices that it works on into its own order: the work is cut into tiles wide enough in both directions for that to cost
// little, and the gradient of a weight along the rows only as far as tiles of the weight are too few for the threads of a large machine.
#include "point.h"

#include <algorithm>
#include <cstring>

namespace ssc {

namespace {

constexpr int64_t wide = 512, fewest = 16;  // the largest width of a tile, and how many tiles there are at least, where that leaves 64 columns to each
constexpr int64_t chunk = 512;              // rows that are gathered at a time

}  // namespace

bool Points::pays(Pass pass, const Window& o, Type type, const Dims& w) {
  if (!o.channels_last || o.group != 1 || w[2] != 1 || w[3] != 1 || std::any_of(o.pads.begin(), o.pads.end(), [](int64_t p) { return p != 0; })) return false;
  // Without strides oneDNN's convolutions are as fast but for the gradient of the weight, and with them where channels are many.
  const bool strided = o.strides[0] > 1 || o.strides[1] > 1;
  return pass == Pass::weight_grad || (type == Type::f32 && strided && (pass == Pass::input_grad || w[1] <= 128));
}

Points::Points(const Window& o, const Dims& x, const Dims& y) : lines_(y[0] * y[1]), across_(y[2]), lines_per_map_(y[1]), map_rows_(x[1]), map_columns_(x[2]) {
  strides_[0] = o.strides[0], strides_[1] = o.strides[1];
  if (!strided()) lines_ *= across_, across_ = 1;
}

// The number of the pixel of x where a line begins.
int64_t Points::begin(int64_t line) const {
  return strided() ? (line / lines_per_map_ * map_rows_ + line % lines_per_map_ * strides_[0]) * map_columns_ : line;
}

// The lines [from, to) of some channels of x as a matrix; spare holds it where it is not x itself.
template <class T>
MatrixOf<T> Points::take(const T* x, int64_t in, int64_t channel, int64_t count, int64_t from, int64_t to, T* spare) const {
  if (!strided()) return {x + from * in + channel, in};
  for (int64_t line = from; line < to; line++) {
    const T* const start = x + begin(line) * in + channel;
    for (int64_t c = 0; c < across_; c++) std::memcpy(spare + ((line - from) * across_ + c) * count, start + c * strides_[1] * in, count * sizeof(T));
  }
  return {spare, count};
}

// Writes the lines [from, to) of some channels of dx, zeros between the pixels of the windows.
void Points::give(const float* rows, int64_t in, int64_t channel, int64_t count, int64_t from, int64_t to, float* dx) const {
  for (int64_t line = from; line < to; line++) {
    const bool last = line % lines_per_map_ == lines_per_map_ - 1;
    const int64_t first = begin(line), end = last ? (line / lines_per_map_ + 1) * map_rows_ * map_columns_ : first + strides_[0] * map_columns_;
    for (int64_t p = first, c = 0; p < end; p++) {
      float* const pixel = dx + p * in + channel;
      if (c < across_ && p == first + c * strides_[1]) {
        std::memcpy(pixel, rows + ((line - from) * across_ + c++) * count, count * sizeof(float));
      } else {
        std::memset(pixel, 0, count * sizeof(float));
      }
    }
  }
}

// Runs f(first line, end, first column, how many) on the tiles of a result with so many columns.
template <class F>
void Points::tiles(const Call& call, int64_t width, const F& f) const {
  const int64_t least = std::max<int64_t>(1, 256 / across_), lines = even(lines_, std::max(least, pieces_of(lines_, 2 * fewest))), high = pieces_of(lines_, lines);
  int64_t columns = even(width, wide);
  while (columns >= 128 && high * pieces_of(width, columns) < fewest) columns = pieces_of(columns, 2);
  const int64_t across = pieces_of(width, columns);
  call.parallel(high * across, [&](size_t i) {
    const int64_t line = i / across * lines, column = i % across * columns;
    f(line, std::min(lines_, line + lines), column, std::min(columns, width - column));
  });
}

void Points::forward(const Call& call, int64_t in, int64_t out, const float* x, const float* w, const float* bias, float* y) const {
  tiles(call, out, [&](int64_t from, int64_t to, int64_t column, int64_t count) {
    const Buffer spare = call.scratch(strided() ? (to - from) * across_ * in * sizeof(float) : 0);
    float* const result = y + from * across_ * out + column;
    product((to - from) * across_, count, in, 1, take(x, in, 0, in, from, to, spare.floats()), {w + column * in, in, true}, 0, result, out);
    if (!bias) return;
    for (int64_t r = 0; r < (to - from) * across_; r++) {
      for (int64_t k = 0; k < count; k++) result[r * out + k] += bias[column + k];
    }
  });
}

void Points::input_grad(const Call& call, int64_t in, int64_t out, const float* dy, const float* w, float* dx) const {
  tiles(call, in, [&](int64_t from, int64_t to, int64_t column, int64_t count) {
    const Buffer spare = call.scratch(strided() ? (to - from) * across_ * count * sizeof(float) : 0);
    float* const result = strided() ? spare.floats() : dx + from * in + column;
    product((to - from) * across_, count, out, 1, {dy + from * across_ * out, out}, {w + column, in}, 0, result, strided() ? count : in);
    if (strided()) give(result, in, column, count, from, to, dx);
  });
}

template <class T>
void Points::weight_grad(const Call& call, int64_t in, int64_t out, const T* x, const T* dy, float* dw) const {
  if (lines_ == 0) std::fill(dw, dw + in * out, 0.0f);
  const int64_t step = pieces_of(chunk, across_), most = pieces_of(lines_, step), rows = even(out, wide / 2), high = pieces_of(out, rows);
  int64_t columns = even(in, wide);
  while (columns >= 128 && high * pieces_of(in, columns) * most < fewest) columns = pieces_of(columns, 2);
  const int64_t across = pieces_of(in, columns), grid = high * across;
  const int64_t lines = even(lines_, std::max(step, pieces_of(lines_, pieces_of(fewest, grid)))), sums = pieces_of(lines_, lines), size = in * out;
  const Buffer partial = call.scratch(sums > 1 ? sums * size * sizeof(float) : 0);
  float* const to = sums > 1 ? partial.floats() : dw;
  call.parallel(grid * sums, [&](size_t i) {
    const int64_t piece = i / grid, row = i % grid / across * rows, column = i % grid % across * columns, m = std::min(rows, out - row), n = std::min(columns, in - column);
    const int64_t end = std::min(lines_, (piece + 1) * lines), from = piece * lines;
    const int64_t taken = strided() ? step : lines;
    const Buffer spare = call.scratch(strided() ? taken * across_ * n * sizeof(T) : 0);
    float* const sum = to + piece * size + row * in + column;
    for (int64_t line = from; line < end; line += taken) {
      const int64_t until = std::min(end, line + taken);
      const MatrixOf<T> b = take(x, in, column, n, line, until, static_cast<T*>(spare.data()));
      product(call, m, n, (until - line) * across_, {dy + line * across_ * out + row, out, true}, b, sum, in, line > from);
    }
  });
  if (sums <= 1) return;
  constexpr int64_t block = 4096;
  call.parallel(pieces_of(size, block), [&](size_t b) {
    for (int64_t k = b * block; k < std::min<int64_t>(size, (b + 1) * block); k++) {
      float s = to[k];
      for (int64_t i = 1; i < sums; i++) s += to[i * size + k];
      dw[k] = s;
    }
  });
}

template void Points::weight_grad(const Call&, int64_t, int64_t, const float*, const float*, float*) const;
template void Points::weight_grad(const Call&, int64_t, int64_t, const BFloat16*, const BFloat16*, float*) const;

}  // namespace ssc
