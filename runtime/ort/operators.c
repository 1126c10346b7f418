#include "operators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

// Positions, as in native.go.
enum {
	CreateStatus = 0,
	CreateCustomOpDomain = 26,
	CustomOpDomain_Add = 27,
	AddCustomOpDomain = 28,
	GetTensorMutableData = 51,
	CastTypeInfoToTensorInfo = 55,
	CreateTensorTypeAndShapeInfo = 57,
	SetTensorElementType = 58,
	SetDimensions = 59,
	GetTensorElementType = 60,
	GetDimensionsCount = 61,
	GetDimensions = 62,
	GetTensorTypeAndShape = 65,
	AllocatorFree = 76,
	AllocatorGetInfo = 77,
	KernelInfoGetAttribute_float = 85,
	KernelInfoGetAttribute_int64 = 86,
	KernelContext_GetInputCount = 88,
	KernelContext_GetOutputCount = 89,
	KernelContext_GetInput = 90,
	KernelContext_GetOutput = 91,
	ReleaseStatus = 93,
	ReleaseTypeInfo = 98,
	ReleaseTensorTypeAndShapeInfo = 99,
	ReleaseCustomOpDomain = 101,
	ReleaseAllocator = 132,
	KernelInfoGetAttributeArray_int64 = 163,
	KernelContext_GetGPUComputeStream = 193,
	KernelInfo_GetInputCount = 230,
	KernelInfo_GetInputTypeInfo = 234,
	ShapeInferContext_GetInputCount = 267,
	ShapeInferContext_GetInputTypeShape = 268,
	ShapeInferContext_GetAttribute = 269,
	ShapeInferContext_SetOutputTypeShape = 270,
	ReadOpAttr = 272,
	KernelContext_GetScratchBuffer = 277,
	KernelInfoGetAllocator = 278,
};

// OrtCustomOp, whose members a test compares with those of the header that onnxruntime_go carries.
struct operator {
	uint32_t version;
	void *CreateKernel;
	const char *(*GetName)(const operator *);
	const char *(*GetExecutionProviderType)(const operator *);
	int (*GetInputType)(const operator *, size_t);
	size_t (*GetInputTypeCount)(const operator *);
	int (*GetOutputType)(const operator *, size_t);
	size_t (*GetOutputTypeCount)(const operator *);
	void *KernelCompute;
	void (*KernelDestroy)(void *);
	int (*GetInputCharacteristic)(const operator *, size_t);
	int (*GetOutputCharacteristic)(const operator *, size_t);
	int (*GetInputMemoryType)(const operator *, size_t);
	int (*GetVariadicInputMinArity)(const operator *);
	int (*GetVariadicInputHomogeneity)(const operator *);
	int (*GetVariadicOutputMinArity)(const operator *);
	int (*GetVariadicOutputHomogeneity)(const operator *);
	status (*CreateKernelV2)(const operator *, table, object, void **);
	status (*KernelComputeV2)(void *, object);
	status (*InferOutputShapeFn)(const operator *, object);
	int (*GetStartVersion)(const operator *);
	int (*GetEndVersion)(const operator *);
	void *GetMayInplace;
	void *ReleaseMayInplace;
	void *GetAliasMap;
	void *ReleaseAliasMap;

	table api;
	uintptr_t id; // of what Go knows of it
	char *name, *provider;
	size_t counts[2]; // inputs, outputs
	struct {
		int type, optional;
	} args[2][operator_args];
};

static status failed(table api, const char *text) { return FN(CreateStatus, status, int, const char *)(1, text); }
static int dropped(table api, status s) {
	if (s) FN(ReleaseStatus, void, status)(s);
	return s != NULL;
}

// What Go says: NULL, or an error's text, which is malloc's.
static status said(table api, char *text) {
	if (!text) return NULL;
	status s = failed(api, text);
	free(text);
	return s;
}

static const char *get_name(const operator *o) { return o->name; }
static const char *get_provider(const operator *o) { return o->provider; }
static int input_type(const operator *o, size_t i) { return o->args[0][i].type; }
static int output_type(const operator *o, size_t i) { return o->args[1][i].type; }
static size_t input_count(const operator *o) { return o->counts[0]; }
static size_t output_count(const operator *o) { return o->counts[1]; }
static int input_kind(const operator *o, size_t i) { return o->args[0][i].optional; }
static int output_kind(const operator *o, size_t i) { return o->args[1][i].optional; }
static int input_memory(const operator *o, size_t i) { return (void)o, (void)i, 0; } // the device's
static int one(const operator *o) { return (void)o, 1; }
static status infer(const operator *o, object context) { return said(o->api, sscInfer(o->id, context)); }

static void destroy(void *kernel) {
	node *n = kernel;
	if (n->allocator) ((void (*)(object))n->api[ReleaseAllocator])(n->allocator);
	free(n->launch);
	free(n);
}

static status create(const operator *o, table api, object info, void **kernel) {
	node *n = calloc(1, sizeof *n);
	if (!n) return failed(api, "no memory for a node");
	n->api = api;
	status s = FN(KernelInfoGetAllocator, status, object, int, object *)(info, 0, &n->allocator); // 0: its default memory
	if (!s) s = FN(AllocatorGetInfo, status, object, const void **)(n->allocator, &n->memory);
	if (!s) s = said(api, sscPlan(o->id, info, n));
	if (s) destroy(n);
	else *kernel = n;
	return s;
}

// Compares the shape of an input with that of the plan.
static status compare(const node *n, size_t i, object value) {
	const table api = n->api;
	object info;
	status s = FN(GetTensorTypeAndShape, status, object, object *)(value, &info);
	if (s) return s;
	size_t rank = 0;
	int64_t dims[operator_axes];
	s = FN(GetDimensionsCount, status, object, size_t *)(info, &rank);
	if (!s && rank == n->in[i].rank) s = FN(GetDimensions, status, object, int64_t *, size_t)(info, dims, rank);
	FN(ReleaseTensorTypeAndShapeInfo, void, object)(info);
	if (!s && (rank != n->in[i].rank || memcmp(dims, n->in[i].dims, rank * sizeof *dims))) s = failed(api, "an input has another shape than when its kernel was planned");
	return s;
}

// Finds the addresses of the arguments. What absent outputs take behind the scratch memory is added to bytes; their place there is noted.
static status addresses(node *n, object context, uint64_t *in, uint64_t *out, size_t *place, size_t *bytes) {
	const table api = n->api;
	size_t inputs, outputs;
	object value;
	void *data;
	status s = FN(KernelContext_GetInputCount, status, object, size_t *)(context, &inputs);
	if (!s) s = FN(KernelContext_GetOutputCount, status, object, size_t *)(context, &outputs);
	for (int i = 0; !s && i < n->inputs; i++) {
		in[i] = 0, value = NULL;
		if ((size_t)i < inputs) s = FN(KernelContext_GetInput, status, object, size_t, object *)(context, i, &value);
		if (s || !value) continue;
		if (!n->seen) s = compare(n, i, value);
		if (!s) s = FN(GetTensorMutableData, status, object, void **)(value, &data);
		in[i] = (uint64_t)data;
	}
	for (int i = 0; !s && i < n->outputs; i++) {
		out[i] = 0, place[i] = 0, value = NULL;
		if ((size_t)i < outputs) s = FN(KernelContext_GetOutput, status, object, size_t, const int64_t *, size_t, object *)(context, i, n->out[i].dims, n->out[i].rank, &value);
		if (!s && value) s = FN(GetTensorMutableData, status, object, void **)(value, &data), out[i] = (uint64_t)data;
		if (!s && !value) place[i] = *bytes, *bytes += (n->out[i].bytes + 255) / 256 * 256;
	}
	n->seen = 1;
	return s;
}

// Begins what a node launches and calls. An error's text is written to why, of so many bytes.
static int launch_all(const node *n, void *stream, const uint64_t *in, const uint64_t *out, uint64_t scratch, char *why, size_t size) {
	const char *text = NULL;
	int e = n->by->current(n->by->context); // it belongs to the thread
	for (int k = 0; !e && k < n->launches; k++) {
		const launching *l = n->launch + k;
		uint64_t cells[launch_args];
		void *args[launch_args];
		for (int i = 0; i < l->count; i++) {
			const argument a = l->args[i];
			args[i] = cells + i;
			cells[i] = a.kind == 1 ? in[a.value] : a.kind == 2 ? (a.value < (uint64_t)n->outputs ? out[a.value] : 0) : a.kind == 3 ? scratch + a.value : a.value;
		}
		if (l->run && (e = l->run(l->what, stream, cells))) return snprintf(why, size, "calling %s: error %d: %s", l->name, e, l->text(e)), e;
		if (!l->run) e = n->by->launch(l->what, l->blocks, 1, 1, l->threads, 1, 1, 0, stream, args, NULL);
	}
	if (e) n->by->text(e, &text), snprintf(why, size, "launching kernels: error %d of CUDA: %s", e, text ? text : "one that it has no name for");
	return e;
}

// Begins the launches on the stream of the session. Scratch memory is given back at once: what takes it next runs on that stream, behind these.
static status compute(void *kernel, object context) {
	node *n = kernel;
	const table api = n->api;
	uint64_t in[operator_args], out[operator_args];
	size_t place[operator_args], bytes = n->scratch;
	void *stream = NULL, *scratch = NULL;
	status s = addresses(n, context, in, out, place, &bytes);
	if (!s) s = FN(KernelContext_GetGPUComputeStream, status, object, void **)(context, &stream);
	if (!s && bytes) s = FN(KernelContext_GetScratchBuffer, status, object, const void *, size_t, void **)(context, n->memory, bytes, &scratch);
	if (s) return s;
	for (int i = 0; i < n->outputs; i++)
		if (!out[i]) out[i] = (uint64_t)scratch + place[i];
	char why[200];
	const int e = launch_all(n, stream, in, out, (uint64_t)scratch, why, sizeof why);
	if (scratch) s = FN(AllocatorFree, status, object, void *)(n->allocator, scratch);
	if (!e) return s;
	dropped(api, s);
	return failed(api, why);
}

operator *operator_new(table api, const char *name, const char *provider, uintptr_t id) {
	operator *o = calloc(1, sizeof *o);
	*o = (operator){
		.version = 29, .GetName = get_name, .GetExecutionProviderType = get_provider, .GetInputType = input_type, .GetInputTypeCount = input_count, .GetOutputType = output_type,
		.GetOutputTypeCount = output_count, .KernelDestroy = destroy, .GetInputCharacteristic = input_kind, .GetOutputCharacteristic = output_kind, .GetInputMemoryType = input_memory,
		.GetVariadicInputMinArity = one, .GetVariadicInputHomogeneity = one, .GetVariadicOutputMinArity = one, .GetVariadicOutputHomogeneity = one, .CreateKernelV2 = create,
		.KernelComputeV2 = compute, .InferOutputShapeFn = infer, .GetStartVersion = one, .GetEndVersion = one, .api = api, .id = id, .name = strdup(name), .provider = provider ? strdup(provider) : NULL,
	};
	return o;
}

void operator_args_of(operator *o, int output, size_t i, int type, int optional) {
	o->args[output][i].type = type, o->args[output][i].optional = optional;
	o->counts[output] = i + 1;
}

void operator_free(operator *o) {
	free(o->name);
	free(o->provider);
	free(o);
}

status operators_domain(table api, object options, operator **list, size_t n, object *domain) {
	status s = FN(CreateCustomOpDomain, status, const char *, object *)("ai.ssc", domain);
	for (size_t i = 0; !s && i < n; i++) s = FN(CustomOpDomain_Add, status, object, operator *)(*domain, list[i]);
	return s ? s : FN(AddCustomOpDomain, status, object, object)(options, *domain);
}

void operators_release(table api, object domain) { FN(ReleaseCustomOpDomain, void, object)(domain); }

size_t operator_inputs(table api, object info, object context) {
	size_t n = 0;
	status s = info ? FN(KernelInfo_GetInputCount, status, object, size_t *)(info, &n) : FN(ShapeInferContext_GetInputCount, status, object, size_t *)(context, &n);
	return dropped(api, s) ? 0 : n;
}

int operator_input(table api, object info, object context, size_t i, int *type, int64_t *dims, size_t *rank) {
	object of = NULL;
	object tensor = NULL;
	status s;
	if (info) {
		s = FN(KernelInfo_GetInputTypeInfo, status, object, size_t, object *)(info, i, &of);
		if (!s && of) s = FN(CastTypeInfoToTensorInfo, status, object, object *)(of, &tensor);
	} else {
		s = FN(ShapeInferContext_GetInputTypeShape, status, object, size_t, object *)(context, i, &tensor);
	}
	*type = 0, *rank = 0;
	if (!s && tensor) s = FN(GetTensorElementType, status, object, int *)(tensor, type);
	if (!s && tensor) s = FN(GetDimensionsCount, status, object, size_t *)(tensor, rank);
	if (!s && tensor && *rank <= operator_axes) s = FN(GetDimensions, status, object, int64_t *, size_t)(tensor, dims, *rank);
	if (of) FN(ReleaseTypeInfo, void, object)(of);
	return !dropped(api, s) && tensor && *type;
}

// An attribute while shapes are inferred; NULL if there is none.
static object attribute(table api, object context, const char *name) {
	object a = NULL;
	return dropped(api, FN(ShapeInferContext_GetAttribute, status, object, const char *, object *)(context, name, &a)) ? NULL : a;
}

// Reads one of ONNX Runtime's kind; bytes is its size, and before, if v is not NULL, that of v.
static int read_attribute(table api, object a, int kind, void *v, size_t size, size_t *bytes) {
	return a && !dropped(api, FN(ReadOpAttr, status, object, int, void *, size_t, size_t *)(a, kind, v, size, bytes));
}

int operator_int(table api, object info, object context, const char *name, int64_t *v) {
	size_t bytes;
	if (info) return !dropped(api, FN(KernelInfoGetAttribute_int64, status, object, const char *, int64_t *)(info, name, v));
	return read_attribute(api, attribute(api, context, name), 1, v, sizeof *v, &bytes); // ORT_OP_ATTR_INT
}

int operator_float(table api, object info, object context, const char *name, float *v) {
	size_t bytes;
	if (info) return !dropped(api, FN(KernelInfoGetAttribute_float, status, object, const char *, float *)(info, name, v));
	return read_attribute(api, attribute(api, context, name), 3, v, sizeof *v, &bytes); // ORT_OP_ATTR_FLOAT
}

// n is the room in v, and then the number of elements.
int operator_ints(table api, object info, object context, const char *name, int64_t *v, size_t *n) {
	if (info) return !dropped(api, FN(KernelInfoGetAttributeArray_int64, status, object, const char *, int64_t *, size_t *)(info, name, v, n));
	size_t bytes = 0;
	if (!read_attribute(api, attribute(api, context, name), 2, v, *n * sizeof *v, &bytes)) return 0; // ORT_OP_ATTR_INTS
	return *n = bytes / sizeof *v, 1;
}

status operator_result(table api, object context, size_t i, int type, const int64_t *dims, size_t rank) {
	object info;
	status s = FN(CreateTensorTypeAndShapeInfo, status, object *)(&info);
	if (s) return s;
	s = FN(SetTensorElementType, status, object, int)(info, type);
	if (!s) s = FN(SetDimensions, status, object, const int64_t *, size_t)(info, dims, rank);
	if (!s) s = FN(ShapeInferContext_SetOutputTypeShape, status, object, size_t, object)(context, i, info);
	FN(ReleaseTensorTypeAndShapeInfo, void, object)(info);
	return s;
}
