// Convolutions by cuDNN 9, loaded at run time. See libraries.go.
#ifndef SSC_CUDNN_H
#define SSC_CUDNN_H

#include <stdint.h>
#include <stdlib.h>

#include "load.h"

// What is used of cuDNN, by the signatures of cudnn.h: an int is an error, 0 none, or an enum's number; descriptors are pointers.
typedef struct {
	int (*create)(void **);
	int (*destroy)(void *);
	int (*stream)(void *, void *);
	const char *(*text)(int);
	int (*tensor_create)(void **);
	int (*tensor_set)(void *, int, int, int, int, int, int);
	int (*tensor_destroy)(void *);
	int (*filter_create)(void **);
	int (*filter_set)(void *, int, int, int, int, int, int);
	int (*filter_destroy)(void *);
	int (*conv_create)(void **);
	int (*conv_set)(void *, int, int, int, int, int, int, int, int);
	int (*conv_groups)(void *, int);
	int (*conv_math)(void *, int);
	int (*conv_destroy)(void *);
	// Workspaces of a convolution, of its input's gradient and of its weight's, and what computes them.
	int (*size[3])(void *, void *, void *, void *, void *, int, size_t *);
	int (*run[3])(void *, const void *, void *, const void *, void *, const void *, void *, int, void *, size_t, const void *, void *, void *);
	void *handle;
} cudnn;

static const char *cudnn_load(const char *path, cudnn *c) {
	const symbol names[] = {
		{"cudnnCreate", (void **)&c->create}, {"cudnnDestroy", (void **)&c->destroy}, {"cudnnSetStream", (void **)&c->stream}, {"cudnnGetErrorString", (void **)&c->text},
		{"cudnnCreateTensorDescriptor", (void **)&c->tensor_create}, {"cudnnSetTensor4dDescriptor", (void **)&c->tensor_set}, {"cudnnDestroyTensorDescriptor", (void **)&c->tensor_destroy},
		{"cudnnCreateFilterDescriptor", (void **)&c->filter_create}, {"cudnnSetFilter4dDescriptor", (void **)&c->filter_set}, {"cudnnDestroyFilterDescriptor", (void **)&c->filter_destroy},
		{"cudnnCreateConvolutionDescriptor", (void **)&c->conv_create}, {"cudnnSetConvolution2dDescriptor", (void **)&c->conv_set}, {"cudnnSetConvolutionGroupCount", (void **)&c->conv_groups},
		{"cudnnSetConvolutionMathType", (void **)&c->conv_math}, {"cudnnDestroyConvolutionDescriptor", (void **)&c->conv_destroy},
		{"cudnnGetConvolutionForwardWorkspaceSize", (void **)&c->size[0]}, {"cudnnGetConvolutionBackwardDataWorkspaceSize", (void **)&c->size[1]},
		{"cudnnGetConvolutionBackwardFilterWorkspaceSize", (void **)&c->size[2]}, {"cudnnConvolutionForward", (void **)&c->run[0]},
		{"cudnnConvolutionBackwardData", (void **)&c->run[1]}, {"cudnnConvolutionBackwardFilter", (void **)&c->run[2]},
	};
	return load(path, names, sizeof names / sizeof *names);
}

// A convolution of bfloat16 maps with their channels last. x, w and y are descriptors.
typedef struct {
	const cudnn *by;
	int of; // 0 the convolution, 1 the gradient of x, 2 of w
	void *x, *w, *y, *shape;
	size_t workspace;
} convolution;

static void convolution_free(convolution *c) {
	if (c->x) c->by->tensor_destroy(c->x);
	if (c->y) c->by->tensor_destroy(c->y);
	if (c->w) c->by->filter_destroy(c->w);
	if (c->shape) c->by->conv_destroy(c->shape);
	free(c);
}

// The algorithm of all three: CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, BWD_DATA_ALGO_1 and BWD_FILTER_ALGO_1, which give the same bits each time.
enum { steady = 1 };

// Describes a convolution: n is images, in, rows, columns, out, rows and columns of the result, groups, and two of each: window, strides, pads, dilations.
static int convolution_new(cudnn *by, int of, const int *n, convolution **made) {
	enum { bfloat16 = 9, single = 0, last = 1, correlation = 1, tensor_cores = 1 };
	convolution *c = calloc(1, sizeof *c);
	if (!c) return 4003; // CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED
	c->by = by, c->of = of;
	int e = by->handle ? 0 : by->create(&by->handle);
	if (!e) e = by->tensor_create(&c->x);
	if (!e) e = by->tensor_set(c->x, last, bfloat16, n[0], n[1], n[2], n[3]);
	if (!e) e = by->tensor_create(&c->y);
	if (!e) e = by->tensor_set(c->y, last, bfloat16, n[0], n[4], n[5], n[6]);
	if (!e) e = by->filter_create(&c->w);
	if (!e) e = by->filter_set(c->w, bfloat16, last, n[4], n[1] / n[7], n[8], n[9]);
	if (!e) e = by->conv_create(&c->shape);
	if (!e) e = by->conv_set(c->shape, n[12], n[13], n[10], n[11], n[14], n[15], correlation, single);
	if (!e) e = by->conv_groups(c->shape, n[7]);
	if (!e) e = by->conv_math(c->shape, tensor_cores);
	if (!e && of == 0) e = by->size[0](by->handle, c->x, c->w, c->shape, c->y, steady, &c->workspace);
	if (!e && of == 1) e = by->size[1](by->handle, c->w, c->y, c->shape, c->x, steady, &c->workspace);
	if (!e && of == 2) e = by->size[2](by->handle, c->x, c->y, c->shape, c->w, steady, &c->workspace);
	if (e) convolution_free(c);
	else *made = c;
	return e;
}

// Begins one on a stream. Arguments are addresses: of two inputs, the result and the workspace.
static int convolution_run(void *what, void *stream, const uint64_t *at) {
	const convolution *c = what;
	const float one = 1, zero = 0;
	void *const first = c->of == 1 ? c->w : c->x, *const second = c->of == 0 ? c->w : c->y, *const result = c->of == 0 ? c->y : c->of == 1 ? c->x : c->w;
	const int turn = c->of == 1; // it takes w first
	const int e = c->by->stream(c->by->handle, stream);
	return e ? e
	         : c->by->run[c->of](c->by->handle, &one, first, (void *)at[turn], second, (void *)at[!turn], c->shape, steady, c->workspace ? (void *)at[3] : NULL, c->workspace, &zero, result, (void *)at[2]);
}

#endif
