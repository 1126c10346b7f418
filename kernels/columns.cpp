// The work is cut along the channels of x, whose columns no two parts share then, and along the rows of the results only as far as the channels are too few for the threads of a
// large machine. Columns of a few rows are gathered at a time and multiplied while they are in the cache.
#include "columns.h"

#include <algorithm>

#include "product.h"

namespace ssc {

namespace {

constexpr int64_t fewest = 16;  // parts of the work
constexpr int64_t chunk = 512;  // pixels whose columns are gathered at a time

using Bytes = char __attribute__((vector_size(64), aligned(1), may_alias));  // what is copied at a time

}  // namespace

bool Columns::pays(Pass pass, const Window& o, const Dims& w) {
  const bool strided = o.strides[0] > 1 || o.strides[1] > 1, dilated = o.dilations[0] > 1 || o.dilations[1] > 1;
  return pass == Pass::weight_grad && o.channels_last && o.group == 1 && strided && !dilated && w[2] * w[3] > 1 && w[1] % 32 == 0;
}

Columns::Columns(const Window& o, const Dims& x, const Dims& w, const Dims& y)
    : in_{x[1], x[2], x[3]}, out_{y[1], y[2], y[3]}, high_(w[2]), wide_(w[3]), top_(o.pads[0]), left_(o.pads[1]), down_(o.strides[0]), right_(o.strides[1]), lines_(y[0] * y[1]),
      count_(in_.channels % 64 ? 32 : 64) {}

// Some channels of the pixels in the windows of the lines [from, to): [pixel of the result, row and column of the window, channel]. What lies beside the map is 0.
template <class T>
void Columns::gather(const T* x, int64_t channel, int64_t from, int64_t to, T* columns) const {
  const int64_t count = count_ * sizeof(T) / sizeof(Bytes);
  for (int64_t line = from; line < to; line++) {
    const T* const map = x + line / out_.rows * in_.rows * in_.columns * in_.channels + channel;
    for (int64_t c = 0; c < out_.columns; c++) {
      for (int64_t i = 0; i < high_; i++) {
        const int64_t row = line % out_.rows * down_ - top_ + i;
        for (int64_t j = 0; j < wide_; j++, columns += count_) {
          const int64_t column = c * right_ - left_ + j;
          const bool beside = row < 0 || row >= in_.rows || column < 0 || column >= in_.columns;
          const Bytes* const pixel = reinterpret_cast<const Bytes*>(map + (row * in_.columns + column) * in_.channels);
          for (int64_t k = 0; k < count; k++) reinterpret_cast<Bytes*>(columns)[k] = beside ? Bytes{} : pixel[k];
        }
      }
    }
  }
}

template <class T>
void Columns::weight_grad(const Call& call, const T* x, const T* dy, float* dw) const {
  const int64_t width = high_ * wide_ * count_, blocks = in_.channels / count_, step = pieces_of(chunk, out_.columns);
  const int64_t lines = even(lines_, std::max(step, lines_ / pieces_of(fewest, blocks))), pieces = pieces_of(lines_, lines);
  const Buffer sums = call.scratch(pieces * blocks * out_.channels * width * sizeof(float));
  call.parallel(pieces * blocks, [&](size_t i) {
    const int64_t begin = i / blocks * lines, end = std::min(lines_, begin + lines), channel = i % blocks * count_;
    const Buffer columns = call.scratch(step * out_.columns * width * sizeof(T));
    T* const spare = static_cast<T*>(columns.data());
    for (int64_t from = begin; from < end; from += step) {
      const int64_t to = std::min(end, from + step);
      gather(x, channel, from, to, spare);
      product(call, out_.channels, width, (to - from) * out_.columns, {dy + from * out_.columns * out_.channels, out_.channels, true}, {spare, width},
              sums.floats() + i * out_.channels * width, width, from > begin);
    }
  });
  add_up(call, pieces, sums.floats(), dw);
}

// Adds the sums [piece, block of channels, out, row and column of the window, channel] of the pieces in their order.
void Columns::add_up(const Call& call, int64_t pieces, const float* sums, float* dw) const {
  const int64_t taps = high_ * wide_, blocks = in_.channels / count_, out = out_.channels, piece = in_.channels * taps * out;
  call.parallel(out, [&](size_t o) {
    for (int64_t b = 0; b < blocks; b++) {
      const float* const from = sums + (b * out + o) * taps * count_;
      float* const to = dw + (o * in_.channels + b * count_) * taps;
      for (int64_t t = 0; t < taps; t++) {
        for (int64_t k = 0; k < count_; k++) {
          float sum = from[t * count_ + k];
          for (int64_t i = 1; i < pieces; i++) sum += from[i * piece + t * count_ + k];
          to[k * taps + t] = sum;
        }
      }
    }
  });
}

template void Columns::weight_grad(const Call&, const float*, const float*, float*) const;
template void Columns::weight_grad(const Call&, const BFloat16*, const BFloat16*, float*) const;

}  // namespace ssc
