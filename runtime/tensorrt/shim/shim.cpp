// The bridge to libnvinfer: TensorRT has C++ interfaces with virtual functions and no C ones, so this file is compiled where it is used, against the headers of the TensorRT that is there. It links
// nothing: the two libraries are opened by name, and what is called through them are virtual functions, whose places the headers say.
//
// Every function returns NULL, or a message that the caller frees.
#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "NvInfer.h"
#include "NvOnnxParser.h"

#ifndef NV_TENSORRT_VERSION
#define NV_TENSORRT_VERSION (NV_TENSORRT_MAJOR * 10000L + NV_TENSORRT_MINOR * 100L + NV_TENSORRT_PATCH)
#endif

namespace {

char *message(const char *format, ...) {
	char text[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return strdup(text);
}

// Keeps what TensorRT reports as an error, the first 8 kB of it.
class Logger : public nvinfer1::ILogger {
public:
	void log(Severity severity, const char *text) noexcept override {
		if (severity > Severity::kERROR || errors.size() > 8192) return;
		if (!errors.empty()) errors += '\n';
		errors += text;
	}
	std::string errors;
};

struct Library {
	void *handle = nullptr;
	template <typename F> F find(const char *name) const { return reinterpret_cast<F>(dlsym(handle, name)); }
	~Library() {} // never unloaded: TensorRT keeps threads and tables of its own
};

char *open(const char *path, Library &l) {
	l.handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	return l.handle ? nullptr : message("loading %s: %s", path, dlerror());
}

using Create = void *(*)(void *logger, int32_t version);
using CreateParser = void *(*)(void *network, void *logger, int version);

// A library that is not of the headers' version refuses; that of TensorRT-RTX, which counts from 1, is told its own.
int32_t declared(const Library &l) {
#ifdef SSC_RTX
	auto version = l.find<int32_t (*)()>("getInferLibVersion");
	if (version) return version();
#endif
	(void)l;
	return NV_TENSORRT_VERSION;
}

// The part of the CUDA runtime that is needed to run an engine.
struct Cuda {
	Library lib;
	int (*malloc)(void **, size_t) = nullptr;
	int (*free)(void *) = nullptr;
	int (*copy)(void *, const void *, size_t, int) = nullptr;
	int (*synchronize)() = nullptr;
	const char *(*text)(int) = nullptr;

	char *load(const char *path) {
		if (char *e = open(path, lib)) return e;
		malloc = lib.find<int (*)(void **, size_t)>("cudaMalloc");
		free = lib.find<int (*)(void *)>("cudaFree");
		copy = lib.find<int (*)(void *, const void *, size_t, int)>("cudaMemcpy");
		synchronize = lib.find<int (*)()>("cudaDeviceSynchronize");
		text = lib.find<const char *(*)(int)>("cudaGetErrorString");
		return malloc && free && copy && synchronize && text ? nullptr : message("%s is not the CUDA runtime", path);
	}
};

char *failed(const char *what, const Logger &log) { return message("%s: %s", what, log.errors.empty() ? "TensorRT says no more" : log.errors.c_str()); }

// What the parser found wrong: the node first, then the reason.
std::string complaints(nvonnxparser::IParser &parser) {
	std::string out;
	for (int32_t i = 0; i < parser.getNbErrors(); i++) {
		const nvonnxparser::IParserError *e = parser.getError(i);
		if (i) out += '\n';
		out += "node ";
		out += e->nodeName() && *e->nodeName() ? e->nodeName() : std::to_string(e->node());
		if (e->nodeOperator() && *e->nodeOperator()) out += std::string(" (") + e->nodeOperator() + ")";
		out += std::string(": ") + e->desc();
	}
	return out;
}

} // namespace

extern "C" {

struct ssc_profile {
	const char *input;
	int64_t dims[3]; // channel, height, width
	int64_t min, opt, max;
	int64_t workspace; // bytes; 0: TensorRT's own choice
	int level;         // of optimisation; below 0: TensorRT's own choice
};

char *ssc_trt_version(const char *infer, int *version) {
	Library lib;
	if (char *e = open(infer, lib)) return e;
	auto get = lib.find<int32_t (*)()>("getInferLibVersion");
	if (!get) return message("%s is not a library of TensorRT: it has no getInferLibVersion", infer);
	*version = get();
	return nullptr;
}

// The version that this file was compiled for.
int ssc_trt_headers() { return static_cast<int>(NV_TENSORRT_VERSION); }

char *ssc_trt_build(const char *infer, const char *parserPath, const void *model, size_t size, const ssc_profile *p, void **plan, size_t *planSize) {
	Library lib, parsers;
	if (char *e = open(infer, lib)) return e;
	if (char *e = open(parserPath, parsers)) return e;
	auto create = lib.find<Create>("createInferBuilder_INTERNAL");
	auto createParser = parsers.find<CreateParser>("createNvOnnxParser_INTERNAL");
	if (!create || !createParser) return message("%s and %s do not build engines: an entry point is missing", infer, parserPath);
	Logger log;
	std::unique_ptr<nvinfer1::IBuilder> builder(static_cast<nvinfer1::IBuilder *>(create(&log, declared(lib))));
	if (!builder) return failed("making a builder", log);
#if NV_TENSORRT_MAJOR >= 11 || defined(SSC_RTX)
	const uint32_t flags = 0; // every network is strongly typed
#else
	const uint32_t flags = 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#endif
	std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(flags));
	if (!network) return failed("making a network", log);
	std::unique_ptr<nvonnxparser::IParser> parser(static_cast<nvonnxparser::IParser *>(createParser(network.get(), &log, NV_ONNX_PARSER_VERSION)));
	if (!parser) return failed("making a parser", log);
	if (!parser->parse(model, size)) {
		std::string text = complaints(*parser);
		return message("reading the model: %s", text.empty() ? log.errors.c_str() : text.c_str());
	}
	std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
	if (!config) return failed("configuring the builder", log);
	nvinfer1::IOptimizationProfile *profile = builder->createOptimizationProfile(); // the builder's
	if (!profile) return failed("making a profile", log);
	const nvinfer1::OptProfileSelector which[] = {nvinfer1::OptProfileSelector::kMIN, nvinfer1::OptProfileSelector::kOPT, nvinfer1::OptProfileSelector::kMAX};
	const int64_t batch[] = {p->min, p->opt, p->max};
	for (int i = 0; i < 3; i++) {
		nvinfer1::Dims d{};
		d.nbDims = 4;
		d.d[0] = batch[i];
		for (int j = 0; j < 3; j++) d.d[1 + j] = p->dims[j];
		if (!profile->setDimensions(p->input, which[i], d)) return failed("setting the profile", log);
	}
	if (config->addOptimizationProfile(profile) < 0) return failed("adding the profile", log);
	if (p->workspace > 0) config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, static_cast<size_t>(p->workspace));
	if (p->level >= 0) config->setBuilderOptimizationLevel(p->level);
	std::unique_ptr<nvinfer1::IHostMemory> made(builder->buildSerializedNetwork(*network, *config));
	if (!made || !made->size()) return failed("building the engine", log);
	*planSize = made->size();
	*plan = std::malloc(made->size());
	if (!*plan) return message("no memory for the %zu bytes of the engine", made->size());
	std::memcpy(*plan, made->data(), made->size());
	return nullptr;
}

struct ssc_engine {
	Library lib;
	Cuda cuda;
	Logger log;
	std::unique_ptr<nvinfer1::IRuntime> runtime;
	std::unique_ptr<nvinfer1::ICudaEngine> engine;
	std::unique_ptr<nvinfer1::IExecutionContext> context;
	void *in = nullptr, *out = nullptr;
	size_t inSize = 0, outSize = 0;
};

void ssc_trt_close(ssc_engine *e) {
	if (!e) return;
	if (e->in) e->cuda.free(e->in);
	if (e->out) e->cuda.free(e->out);
	e->context.reset();
	e->engine.reset();
	e->runtime.reset();
	delete e;
}

char *ssc_trt_open(const char *infer, const char *cudart, const void *plan, size_t size, ssc_engine **result) {
	std::unique_ptr<ssc_engine> e(new ssc_engine);
	if (char *m = open(infer, e->lib)) return m;
	if (char *m = e->cuda.load(cudart)) return m;
	auto create = e->lib.find<Create>("createInferRuntime_INTERNAL");
	if (!create) return message("%s does not run engines: an entry point is missing", infer);
	e->runtime.reset(static_cast<nvinfer1::IRuntime *>(create(&e->log, declared(e->lib))));
	if (!e->runtime) return failed("making a runtime", e->log);
	e->engine.reset(e->runtime->deserializeCudaEngine(plan, size));
	if (!e->engine) return failed("reading the engine", e->log);
	e->context.reset(e->engine->createExecutionContext());
	if (!e->context) return failed("preparing the engine", e->log);
	*result = e.release();
	return nullptr;
}

// The sizes of a tensor's axes, -1 for a free one; dims holds 8.
char *ssc_trt_shape(ssc_engine *e, const char *name, int64_t *dims, int *rank) {
	nvinfer1::Dims d = e->engine->getTensorShape(name);
	if (d.nbDims < 0 || d.nbDims > 8) return message("the engine has no tensor %s", name);
	*rank = d.nbDims;
	for (int i = 0; i < d.nbDims; i++) dims[i] = d.d[i];
	return nullptr;
}

// Device memory of at least so many bytes.
static char *reserve(Cuda &cuda, void **at, size_t *have, size_t want) {
	if (*have >= want) return nullptr;
	if (*at) cuda.free(*at);
	*at = nullptr, *have = 0;
	if (int bad = cuda.malloc(at, want)) return message("taking %zu bytes of the GPU's memory: %s", want, cuda.text(bad));
	*have = want;
	return nullptr;
}

char *ssc_trt_run(ssc_engine *e, const char *input, const int64_t *dims, const void *x, size_t xSize, const char *output, void *y, size_t ySize) {
	nvinfer1::Dims d{};
	d.nbDims = 4;
	for (int i = 0; i < 4; i++) d.d[i] = dims[i];
	e->log.errors.clear();
	if (!e->context->setInputShape(input, d)) return failed("giving the engine its batch", e->log);
	if (char *m = reserve(e->cuda, &e->in, &e->inSize, xSize)) return m;
	if (char *m = reserve(e->cuda, &e->out, &e->outSize, ySize)) return m;
	const int toDevice = 1, toHost = 2; // cudaMemcpyKind
	if (int bad = e->cuda.copy(e->in, x, xSize, toDevice)) return message("copying images to the GPU: %s", e->cuda.text(bad));
	if (!e->context->setTensorAddress(input, e->in) || !e->context->setTensorAddress(output, e->out)) return failed("binding the engine's tensors", e->log);
	if (!e->context->enqueueV3(nullptr)) return failed("running the engine", e->log);
	if (int bad = e->cuda.synchronize()) return message("running the engine: %s", e->cuda.text(bad));
	if (int bad = e->cuda.copy(y, e->out, ySize, toHost)) return message("copying features from the GPU: %s", e->cuda.text(bad));
	return nullptr;
}

} // extern "C"
