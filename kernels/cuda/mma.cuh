// The product that a warp's tensor cores make at once, and what its threads hand to each other. All threads of the block must come here together.
#pragma once

#include "block.cuh"

// The word of two neighbours in memory, of which the first is at an even place.
__device__ inline unsigned pair(const bf16* p) { return *reinterpret_cast<const unsigned*>(p); }

__device__ inline unsigned pair(float low, float high) {
  bf16 a, b;
  store(&a, low), store(&b, high);
  return static_cast<unsigned>(b.bits) << 16 | a.bits;
}

// Adds to c, 16 x 8, the product of a, 16 x 16, and b, 16 x 8, which the threads of a warp hold in parts. Thread 4*g + t has c(g, 2t), c(g, 2t+1), c(g+8, 2t) and c(g+8, 2t+1); of a the pairs of columns at
// (g, 2t), (g+8, 2t), (g, 2t+8) and (g+8, 2t+8); of b the pairs of rows at (2t, g) and (2t+8, g). PTX ISA, mma.m16n8k16 with bf16.
#ifdef __CUDACC__
__device__ inline void multiply_add(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif
