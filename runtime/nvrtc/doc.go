// Package nvrtc compiles CUDA C++ when it is needed, and runs what it compiled on a GPU. One build of ssc so serves every GPU, and needs no CUDA toolkit.
//
//	c, err := nvrtc.Find()                                       // NVIDIA's compiler, a library
//	binary, err := c.Compile(nvrtc.Source{Name: "sgd.cu", …}, "sm_90")
//	d, err := nvrtc.OpenDriver("", 0)                            // the first GPU
//	m, err := d.Load(binary)
//	f, err := m.Function("SGD")
//	err = d.Launch(f, blocks, threads, x, int32(n))              // x is memory of d
//
// Compiling needs no GPU. Binaries are kept in the cache folder under a digest of all that they are made of: source, headers, options, GPU and the compiler's version.
//
// Both libraries are loaded at run time: libnvrtc, which `make nvrtc` or `make gpu` brings, and libcuda, which is the driver's. What is here of the driver has been run with a library
// in its place that runs kernels on the processor (kernels/cuda/host), and never on a GPU.
//
// [Functions] are what a session of runtime/ort is given to compute functions by kernels, and by [Libraries]: cuDNN and cuBLASLt, where they can be loaded.
//
// Neighbours: kernels/cuda has the sources, runtime/augment launches one of them, runtime/train has functions run by the others.
package nvrtc
