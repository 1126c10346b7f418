// TurboJPEG's functions, found at run time. Only its documented interface of version 2 is used, whose handles are opaque.
#include <stddef.h>

typedef struct ssc_turbo ssc_turbo;

// Loads a library. NULL when that fails; why is in error, of n bytes.
ssc_turbo *ssc_turbo_load(const char *path, char *error, size_t n);

// A decompressor; it serves one image at a time.
void *ssc_turbo_new(ssc_turbo *t);

void ssc_turbo_delete(ssc_turbo *t, void *handle);

// Reads the header. 0 when the image is grey or in colours that decode gives as RGB; colours is 1 or 3.
int ssc_turbo_header(ssc_turbo *t, void *handle, const unsigned char *data, size_t n, int *width, int *height, int *colours);

// Decodes into rows of width pixels without padding. 0, or -1 with the reason in error.
int ssc_turbo_decode(ssc_turbo *t, void *handle, const unsigned char *data, size_t n, unsigned char *dst, int width, int height, int colours, char *error, size_t en);
