// Products of matrices by cuBLASLt, loaded at run time. See libraries.go.
#ifndef SSC_CUBLASLT_H
#define SSC_CUBLASLT_H

#include <stdint.h>
#include <stdlib.h>

#include "load.h"

// An algorithm with what is known of it, as cublasLtMatmulHeuristicResult_t.
typedef struct {
	uint64_t algorithm[8];
	size_t workspace;
	int state;
	float waves;
	int reserved[4];
} found;

// What is used of cuBLASLt, by the signatures of cublasLt.h: an int is an error, 0 none, or an enum's number; descriptors are pointers.
typedef struct {
	int (*create)(void **);
	int (*destroy)(void *);
	const char *(*text)(int);
	int (*layout_create)(void **, int, uint64_t, uint64_t, int64_t);
	int (*layout_destroy)(void *);
	int (*product_create)(void **, int, int);
	int (*product_set)(void *, int, const void *, size_t);
	int (*product_destroy)(void *);
	int (*wish_create)(void **);
	int (*wish_set)(void *, int, const void *, size_t);
	int (*wish_destroy)(void *);
	int (*find)(void *, void *, void *, void *, void *, void *, void *, int, found *, int *);
	int (*run)(void *, void *, const void *, const void *, void *, const void *, void *, const void *, const void *, void *, void *, void *, const uint64_t *, void *, size_t, void *);
	void *handle;
} cublaslt;

static const char *cublaslt_load(const char *path, cublaslt *c) {
	const symbol names[] = {
		{"cublasLtCreate", (void **)&c->create}, {"cublasLtDestroy", (void **)&c->destroy}, {"cublasLtGetStatusString", (void **)&c->text},
		{"cublasLtMatrixLayoutCreate", (void **)&c->layout_create}, {"cublasLtMatrixLayoutDestroy", (void **)&c->layout_destroy}, {"cublasLtMatmulDescCreate", (void **)&c->product_create},
		{"cublasLtMatmulDescSetAttribute", (void **)&c->product_set}, {"cublasLtMatmulDescDestroy", (void **)&c->product_destroy}, {"cublasLtMatmulPreferenceCreate", (void **)&c->wish_create},
		{"cublasLtMatmulPreferenceSetAttribute", (void **)&c->wish_set}, {"cublasLtMatmulPreferenceDestroy", (void **)&c->wish_destroy},
		{"cublasLtMatmulAlgoGetHeuristic", (void **)&c->find}, {"cublasLtMatmul", (void **)&c->run},
	};
	return load(path, names, sizeof names / sizeof *names);
}

// A product. Its columns are the library's lines: it computes the transposed result from the transposed matrices, the second one first.
typedef struct {
	const cublaslt *by;
	void *shape, *first, *second, *result;
	int adds;
	found how;
} product;

static void product_free(product *p) {
	void *const layouts[] = {p->first, p->second, p->result};
	for (int i = 0; i < 3; i++)
		if (layouts[i]) p->by->layout_destroy(layouts[i]);
	if (p->shape) p->by->product_destroy(p->shape);
	free(p);
}

enum { alignment = 16, most_workspace = 32 << 20, not_supported = 15 }; // of all addresses; of a product; CUBLAS_STATUS_NOT_SUPPORTED
enum { attribute_first_down = 3, attribute_second_down = 4, attribute_epilogue = 7, attribute_offsets = 8 };

// Finds an algorithm: the first that cuBLASLt proposes.
static int product_find(product *p) {
	const cublaslt *const by = p->by;
	void *wish = NULL;
	const size_t most = most_workspace;
	const uint32_t aligned = alignment;
	int n = 0, e = by->wish_create(&wish);
	if (!e) e = by->wish_set(wish, 1, &most, sizeof most); // CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES
	for (int i = 5; !e && i <= 8; i++) e = by->wish_set(wish, i, &aligned, sizeof aligned); // CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, and of B, C and D
	if (!e) e = by->find(by->handle, p->shape, p->first, p->second, p->result, p->result, wish, 1, &p->how, &n);
	if (wish) by->wish_destroy(wish);
	return e ? e : n < 1 ? not_supported : p->how.state;
}

// Describes a product of rows x depth by depth x columns. Either matrix may lie down. type and result_type are numbers of cudaDataType.
static int product_new(cublaslt *by, int type, int result_type, int64_t rows, int64_t columns, int64_t depth, int first_down, int second_down, int adds, int relu, product **made) {
	enum { in_single = 68, single = 0 }; // CUBLAS_COMPUTE_32F, CUDA_R_32F
	const int32_t first = second_down, second = first_down; // in the library's order
	const uint32_t epilogue = (relu ? 2 : 0) | (adds ? 4 : 0) | (relu || adds ? 0 : 1);
	const void *const offsets = (void *)alignment; // tells how they lie
	product *p = calloc(1, sizeof *p);
	if (!p) return 3; // CUBLAS_STATUS_ALLOC_FAILED
	p->by = by, p->adds = adds;
	int e = by->handle ? 0 : by->create(&by->handle);
	if (!e) e = by->product_create(&p->shape, in_single, single);
	if (!e) e = by->product_set(p->shape, attribute_first_down, &first, sizeof first);
	if (!e) e = by->product_set(p->shape, attribute_second_down, &second, sizeof second);
	if (!e) e = by->product_set(p->shape, attribute_epilogue, &epilogue, sizeof epilogue);
	if (!e && adds) e = by->product_set(p->shape, attribute_offsets, &offsets, sizeof offsets);
	if (!e) e = second_down ? by->layout_create(&p->first, type, depth, columns, depth) : by->layout_create(&p->first, type, columns, depth, columns);
	if (!e) e = first_down ? by->layout_create(&p->second, type, rows, depth, rows) : by->layout_create(&p->second, type, depth, rows, depth);
	if (!e) e = by->layout_create(&p->result, result_type, columns, rows, columns);
	if (!e) e = product_find(p);
	if (e) product_free(p);
	else *made = p;
	return e;
}

// Begins one on a stream. Arguments are addresses: of the two matrices, the result, what is added to its lines, and the workspace.
static int product_run(void *what, void *stream, const uint64_t *at) {
	const product *p = what;
	const float one = 1, zero = 0;
	const void *const offsets = (void *)at[3];
	const int e = p->adds ? p->by->product_set(p->shape, attribute_offsets, &offsets, sizeof offsets) : 0;
	return e ? e
	         : p->by->run(p->by->handle, p->shape, &one, (void *)at[1], p->first, (void *)at[0], p->second, &zero, (void *)at[2], p->result, (void *)at[2], p->result, p->how.algorithm, (void *)at[4],
	                      p->how.workspace, stream);
}

#endif
