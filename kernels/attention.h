// What Attention and its gradient share: where the heads lie, and the tiles of the matrix of scores.
#pragma once

#include "product.h"
#include "softmax.h"

namespace ssc {

// A tensor [batch, token, …] with one head's numbers beside the other's: stride is the distance of tokens, offset where its part begins.
struct Heads {
  int64_t tokens, stride, offset;

  // Takes a head out of a tensor of BFloat16 as float, or puts it in.
  void take(const BFloat16* from, int64_t batch, int64_t head, int64_t size, float* to) const {
    for (int64_t t = 0; t < tokens; t++) convert(from + at(batch, head, size) + t * stride, to + t * size, size);
  }
  void put(const float* from, int64_t batch, int64_t head, int64_t size, BFloat16* to) const {
    for (int64_t t = 0; t < tokens; t++) convert(from + t * size, to + at(batch, head, size) + t * stride, size);
  }

  int64_t at(int64_t batch, int64_t head, int64_t size) const { return batch * tokens * stride + offset + head * size; }
};

// The call: q, k and v apart or, where k is absent, side by side in one tensor.
struct AttentionShape {
  int64_t batch, heads, dim, size;  // size is that of a head, dim of all
  Heads q, k, v, y;
  bool packed;
  float scale;

  // q is the number of the input q; k and v follow it.
  AttentionShape(const char* name, const Call& call, size_t input, int64_t num_heads) : heads(num_heads), packed(!call.has(input + 1)) {
    const Dims& d = call.dims(input);
    const auto wrong = [&] { mismatch(name, "q is " + text(d) + (packed ? "" : ", k " + text(call.dims(input + 1))) + ", num_heads " + std::to_string(heads)); };
    if (d.size() != 3 || (packed && d[2] % 3) || heads < 1) wrong();
    batch = d[0], dim = packed ? d[2] / 3 : d[2], size = dim / heads;
    if (size * heads != dim || size == 0) wrong();
    q = {d[1], d[2], 0};
    y = {d[1], dim, 0};
    k = {d[1], d[2], dim};
    v = {d[1], d[2], 2 * dim};
    if (!packed) {
      const Dims& e = call.dims(input + 1);
      if (e.size() != 3 || e[0] != batch || e[2] != dim || call.dims(input + 2) != e) wrong();
      k = v = {e[1], dim, 0};
    }
    scale = 1 / std::sqrt(static_cast<float>(size));
  }

  // One head of one sample of it, as tensors of their own.
  AttentionShape one() const {
    AttentionShape s = *this;
    s.batch = s.heads = 1, s.dim = size, s.packed = false;
    s.q = s.y = {q.tokens, size, 0};
    s.k = s.v = {k.tokens, size, 0};
    return s;
  }

  // The sides of a tile: a matrix of scores of that size stays in the second-level cache.
  int64_t rows() const { return even(q.tokens, 128); }
  int64_t columns() const { return even(k.tokens, 512); }
};

}  // namespace ssc
