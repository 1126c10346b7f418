// Functions of domain ai.ssc as operators of a session, which compute by launching kernels on a GPU. See operators.go.
#ifndef SSC_OPERATORS_H
#define SSC_OPERATORS_H

#include <stddef.h>
#include <stdint.h>

#include "table.h"

// What is used of a GPU's driver, by the signatures of cuda.h: an int is an error, 0 none.
typedef struct {
	int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **);
	int (*current)(void *);
	int (*text)(int, const char **);
	void *context;
} launcher;

enum { operator_args = 16, operator_axes = 8, launch_args = 32 };

// An argument of a kernel: a number's bits, or the address of an input, an output or a place in the scratch memory.
typedef struct {
	int kind; // 0 number, 1 input, 2 output, 3 scratch
	uint64_t value;
} argument;

// A launch of a kernel, or a call of a library: run with what, the stream and the addresses, which returns 0 or an error.
typedef struct {
	void *what;
	unsigned blocks, threads;
	int (*run)(void *, void *, const uint64_t *); // NULL for a kernel
	const char *(*text)(int);
	char name[16]; // of the library
	int count;
	argument args[launch_args];
} launching;

typedef struct {
	size_t rank, bytes;
	int64_t dims[operator_axes];
} shape;

// A node of a session: what it launches. All of it is made before the first run, but for seen.
typedef struct {
	table api;
	const launcher *by;
	object allocator; // of the memory that the node computes in
	const void *memory;
	size_t scratch;
	int inputs, outputs, launches;
	int seen; // the shapes of the inputs have been compared with those of the plan
	shape in[operator_args], out[operator_args];
	launching *launch;
} node;

// An operator as ONNX Runtime sees it: OrtCustomOp, and what is behind it.
typedef struct operator operator;
operator *operator_new(table api, const char *name, const char *provider, uintptr_t id);
void operator_args_of(operator *o, int output, size_t i, int type, int optional);
void operator_free(operator *o);

// A domain with operators, for the options of a session. The domain is released, and the operators are freed, behind the session.
status operators_domain(table api, object options, operator **list, size_t n, object *domain);
void operators_release(table api, object domain);

// What is known of a node, from a kernel's info or, while shapes are inferred, from a context; the other is NULL. Functions say whether there is such a thing.
size_t operator_inputs(table api, object info, object context);
int operator_input(table api, object info, object context, size_t i, int *type, int64_t *dims, size_t *rank);
int operator_int(table api, object info, object context, const char *name, int64_t *v);
int operator_float(table api, object info, object context, const char *name, float *v);
int operator_ints(table api, object info, object context, const char *name, int64_t *v, size_t *n);
status operator_result(table api, object context, size_t i, int type, const int64_t *dims, size_t rank);

#endif
