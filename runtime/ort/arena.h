// The memory of ONNX Runtime's intermediate tensors and of the native kernels' scratch: one piece of huge pages, sized once, that no step gives back.
//
// ONNX Runtime's own arena doubles when it is full, hands out pieces up to twice the size that was asked for, and knows no huge pages. A training step asks for the same sizes in
// the same order each time, so a best fit in one piece of the predicted size needs no more memory from the second step on.
#include <stddef.h>

// Makes sure that a request of so many bytes can be served. False when the system does not give that much.
int arena_reserve(size_t bytes);

// Memory aligned to 64 bytes, not zeroed; NULL when the system gives none.
void *arena_alloc(size_t bytes);
void arena_free(void *p);

// From now on every request goes to malloc by itself, so that a sanitizer sees what is read or written beside it.
void arena_off(void);

// Gives pieces that nothing uses back to the system, and what malloc holds free.
void arena_trim(void);

// How much is handed out, the most since the last call of arena_begin, and how much is taken from the system.
typedef struct { size_t in_use, peak, held; } arena_numbers;
arena_numbers arena_stats(void);
void arena_begin(void);
