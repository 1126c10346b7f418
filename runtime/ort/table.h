// What every call into ONNX Runtime's table of functions is written with.
#ifndef SSC_TABLE_H
#define SSC_TABLE_H

typedef void *const *table; // the function table
typedef void *status;       // NULL means success
#define object void *       // any handle; a macro, since cgo would make a type of its own of a typedef

#define FN(slot, result, ...) ((result(*)(__VA_ARGS__))api[slot])

#endif
