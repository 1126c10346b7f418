// Products of matrices, of which a block of product_threads threads computes a tile: of bfloat16 by tensor cores, of float by sums in single precision. Either matrix is fetched by an object that says what is
// where, in packs of 16 bytes along the axis that lies in memory: the depth, over which products are summed, or, if the matrix lies down, the other.
#pragma once

#include "mma.cuh"

constexpr int product_threads = 128, side = 64;  // of the tile of a result

template <class T>
struct alignas(16) Pack {
  static constexpr int size = 16 / sizeof(T);
  T v[size];
};

// A matrix of lines, one after the other at a distance.
template <class T>
struct Matrix {
  const T* p;
  long long lines, length, distance;

  using Line = const T*;  // null behind the last
  using Spot = long long;
  __device__ Line line(long long i) const { return i < lines ? p + i * distance : nullptr; }
  __device__ Spot spot(long long at) const { return at; }
  __device__ Pack<T> operator()(Line line, Spot at) const {
    Pack<T> out{};
    if (!line) return out;
    if (at + Pack<T>::size <= length && reinterpret_cast<size_t>(line + at) % sizeof out == 0) return *reinterpret_cast<const Pack<T>*>(line + at);
    UNROLLED
    for (int i = 0; i < Pack<T>::size; i++) {
      if (at + i < length) out.v[i] = line[at + i];
    }
    return out;
  }
};

// A tile's part of one matrix, in the memory of the block, and the part of the result that a thread sums.
template <class T>
struct Tile;

// Lines of the side, with pairs along the depth, as tensor cores take them. The distance of lines keeps the reads of a warp apart.
template <>
struct Tile<bf16> {
  static constexpr int depth = 32, distance = depth + 8;
  alignas(16) bf16 v[side * distance];

  __device__ void put(int line, int at, const Pack<bf16>& x) { *reinterpret_cast<Pack<bf16>*>(v + line * distance + at) = x; }
  __device__ void put_down(int line, int at, const Pack<bf16>& x) {
    UNROLLED
    for (int i = 0; i < Pack<bf16>::size; i++) v[(at + i) * distance + line] = x.v[i];
  }

  // A warp has a quarter of the tile.
  struct Sums {
    float c[2][4][4] = {};
    int row = threadIdx.x / 64 * 32, column = threadIdx.x / 32 % 2 * 32, g = threadIdx.x % 32 / 4, t = 2 * (threadIdx.x % 4);

    __device__ void add(const Tile& a, const Tile& b) {
      UNROLLED
      for (int k = 0; k < depth; k += 16) {
        unsigned rows[2][4], columns[4][2];
        UNROLLED
        for (int i = 0; i < 2; i++) {
          UNROLLED
          for (int e = 0; e < 4; e++) rows[i][e] = pair(a.v + (row + 16 * i + g + e % 2 * 8) * distance + t + k + e / 2 * 8);
        }
        UNROLLED
        for (int j = 0; j < 4; j++) {
          UNROLLED
          for (int e = 0; e < 2; e++) columns[j][e] = pair(b.v + (column + 8 * j + g) * distance + t + k + e * 8);
        }
        UNROLLED
        for (int i = 0; i < 2; i++) {
          UNROLLED
          for (int j = 0; j < 4; j++) multiply_add(c[i][j], rows[i], columns[j]);
        }
      }
    }
    template <class F>
    __device__ void each(const F& f) const {
      UNROLLED
      for (int i = 0; i < 2; i++) {
        UNROLLED
        for (int j = 0; j < 4; j++) {
          UNROLLED
          for (int e = 0; e < 4; e++) f(row + 16 * i + g + e / 2 * 8, column + 8 * j + t + e % 2, c[i][j][e]);
        }
      }
    }
  };
};

// Lines of the depth.
template <>
struct Tile<float> {
  static constexpr int depth = 16, distance = side + 4;
  alignas(16) float v[depth * distance];

  __device__ void put(int line, int at, const Pack<float>& x) {
    UNROLLED
    for (int i = 0; i < Pack<float>::size; i++) v[(at + i) * distance + line] = x.v[i];
  }
  __device__ void put_down(int line, int at, const Pack<float>& x) { *reinterpret_cast<Pack<float>*>(v + line * distance + at) = x; }

  // A thread has 8 rows of 4 columns.
  struct Sums {
    float c[8][4] = {};
    int row = threadIdx.x / 16 * 8, column = threadIdx.x % 16 * 4;

    __device__ void add(const Tile& a, const Tile& b) {
      UNROLLED
      for (int k = 0; k < depth; k++) {
        UNROLLED
        for (int i = 0; i < 8; i++) {
          UNROLLED
          for (int j = 0; j < 4; j++) c[i][j] += a.v[k * distance + row + i] * b.v[k * distance + column + j];
        }
      }
    }
    template <class F>
    __device__ void each(const F& f) const {
      UNROLLED
      for (int i = 0; i < 8; i++) {
        UNROLLED
        for (int j = 0; j < 4; j++) f(row + i, column + j, c[i][j]);
      }
    }
  };
};

// Brings a tile of a matrix: two packs for each thread, of which what stays over the depth is computed once.
template <class T, bool down, class Source>
struct Fetch {
  static constexpr int depth = Tile<T>::depth, packs = (down ? side : depth) / Pack<T>::size;  // of a line
  static_assert(side * depth == 2 * product_threads * Pack<T>::size, "two packs for each thread");

  const Source& source;
  typename Source::Line line[2];
  typename Source::Spot spot[2];
  Pack<T> pack[2];

  __device__ static int row(int i) { return (threadIdx.x + i * product_threads) / packs; }
  __device__ static int at(int i) { return (threadIdx.x + i * product_threads) % packs * Pack<T>::size; }

  __device__ Fetch(const Source& s, long long first) : source(s) {
    UNROLLED
    for (int i = 0; i < 2; i++) {
      if (down) spot[i] = s.spot(first + at(i));
      else line[i] = s.line(first + row(i));
    }
  }
  __device__ void read(long long k) {
    UNROLLED
    for (int i = 0; i < 2; i++) pack[i] = down ? source(source.line(k + row(i)), spot[i]) : source(line[i], source.spot(k + at(i)));
  }
  __device__ void write(Tile<T>& to) const {
    UNROLLED
    for (int i = 0; i < 2; i++) down ? to.put_down(row(i), at(i), pack[i]) : to.put(row(i), at(i), pack[i]);
  }
};

// Computes a tile of a times b, rows x columns. The depth is cut into pieces, of which the blocks of one come after those of the other; block counts from 0. out(row, column, piece, value) gets each element.
template <class T, bool a_down, bool b_down, class A, class B, class Out>
__device__ void product(long long block, long long rows, long long columns, long long depth, int pieces, const A& a, const B& b, const Out& out) {
  __shared__ Tile<T> at, bt;
  constexpr int step = Tile<T>::depth;
  const long long across = (columns + side - 1) / side, tiles = (rows + side - 1) / side * across;
  const int piece = static_cast<int>(block / tiles);
  const long long row = block % tiles / across * side, column = block % across * side;
  const long long size = ((depth + pieces - 1) / pieces + step - 1) / step * step, from = piece * size, to = from + size < depth ? from + size : depth;
  Fetch<T, a_down, A> left(a, row);
  Fetch<T, b_down, B> right(b, column);
  typename Tile<T>::Sums sums;
  if (from < to) left.read(from), right.read(from);
  for (long long k = from; k < to; k += step) {
    left.write(at), right.write(bt);
    __syncthreads();
    if (k + step < to) left.read(k + step), right.read(k + step);  // while the tile is multiplied
    sums.add(at, bt);
    __syncthreads();
  }
  sums.each([&](int r, int c, float v) {
    if (row + r < rows && column + c < columns) out(row + r, column + c, piece, v);
  });
}
