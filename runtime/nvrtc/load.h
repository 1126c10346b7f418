// Loads a library and finds its functions.
#ifndef SSC_LOAD_H
#define SSC_LOAD_H

#include <dlfcn.h>
#include <stddef.h>

typedef struct {
	const char *name;
	void **at;
} symbol;

// What is wrong, or NULL.
static const char *load(const char *path, const symbol *list, size_t n) {
	void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!lib) return dlerror();
	for (size_t i = 0; i < n; i++)
		if (!(*list[i].at = dlsym(lib, list[i].name))) return dlerror();
	return NULL;
}

#endif
