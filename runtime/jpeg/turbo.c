#include "turbo.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Constants of TurboJPEG's interface.
enum {
	PIXEL_RGB = 0,
	PIXEL_GRAY = 6,
	COLORSPACE_GRAY = 2,
	COLORSPACE_CMYK = 3,
	FLAG_ACCURATE_DCT = 4096,
	FLAG_LIMIT_SCANS = 32768,
	ERROR_WARNING = 0,
};

struct ssc_turbo {
	void *(*init)(void);
	int (*header)(void *handle, const unsigned char *data, unsigned long n, int *width, int *height, int *subsampling, int *colorspace);
	int (*decompress)(void *handle, const unsigned char *data, unsigned long n, unsigned char *dst, int width, int pitch, int height, int format, int flags);
	int (*error_code)(void *handle);
	char *(*error_text)(void *handle);
	int (*destroy)(void *handle);
};

ssc_turbo *ssc_turbo_load(const char *path, char *error, size_t n) {
	void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!lib) {
		snprintf(error, n, "%s", dlerror());
		return NULL;
	}
	struct ssc_turbo t;
	struct {
		void **to;
		const char *name;
	} functions[] = {
		{(void **)&t.init, "tjInitDecompress"}, {(void **)&t.header, "tjDecompressHeader3"}, {(void **)&t.decompress, "tjDecompress2"},
		{(void **)&t.error_code, "tjGetErrorCode"}, {(void **)&t.error_text, "tjGetErrorStr2"}, {(void **)&t.destroy, "tjDestroy"},
	};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		*functions[i].to = dlsym(lib, functions[i].name);
		if (!*functions[i].to) {
			snprintf(error, n, "%s has no function %s", path, functions[i].name);
			dlclose(lib);
			return NULL;
		}
	}
	ssc_turbo *out = malloc(sizeof t);
	if (out) *out = t;
	return out;
}

void *ssc_turbo_new(ssc_turbo *t) { return t->init(); }

void ssc_turbo_delete(ssc_turbo *t, void *handle) { t->destroy(handle); }

int ssc_turbo_header(ssc_turbo *t, void *handle, const unsigned char *data, size_t n, int *width, int *height, int *colours) {
	int subsampling, space;
	if (t->header(handle, data, n, width, height, &subsampling, &space) || space >= COLORSPACE_CMYK) return -1;
	*colours = space == COLORSPACE_GRAY ? 1 : 3;
	return 0;
}

// Warnings are errors, as they are for Go's decoder (missing data would come out grey), but for bytes that nothing asks for between two
// markers: the image is whole.
int ssc_turbo_decode(ssc_turbo *t, void *handle, const unsigned char *data, size_t n, unsigned char *dst, int width, int height, int colours, char *error, size_t en) {
	int format = colours == 1 ? PIXEL_GRAY : PIXEL_RGB;
	if (!t->decompress(handle, data, n, dst, width, width * colours, height, format, FLAG_ACCURATE_DCT | FLAG_LIMIT_SCANS)) return 0;
	const char *text = t->error_text(handle);
	if (t->error_code(handle) == ERROR_WARNING && strstr(text, "extraneous bytes before marker")) return 0;
	snprintf(error, en, "%s", text);
	return -1;
}
