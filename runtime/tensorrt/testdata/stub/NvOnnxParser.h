// Of the stub that the tests compile: not NVIDIA's header.
#pragma once
#include "NvInfer.h"

#define NV_ONNX_PARSER_VERSION 1

namespace nvonnxparser {

struct IParserError {
	virtual const char *desc() const = 0;
	virtual int node() const = 0;
	virtual const char *nodeName() const = 0;
	virtual const char *nodeOperator() const = 0;
	virtual ~IParserError() = default;
};

struct IParser {
	virtual bool parse(const void *model, size_t size, const char *path = nullptr) noexcept = 0;
	virtual int32_t getNbErrors() const noexcept = 0;
	virtual const IParserError *getError(int32_t i) const noexcept = 0;
	virtual ~IParser() = default;
};

} // namespace nvonnxparser
