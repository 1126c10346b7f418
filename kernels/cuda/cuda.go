// Package cuda holds kernels for NVIDIA's GPUs as CUDA C++, which is compiled where it runs, and none of it in C++ that a processor could not run: kernels/cuda/host does that in tests. What only tensor cores do stands in mma.cuh.
//
// A file is named like the function of compiler/fn that it computes, with its gradient beside it, or like what uses it. Its kernels are extern "C" and have their functions' names.
//
// How a function is computed says its row of the table in functions.go: from the shapes of a call, the launches and the scratch memory that they share. The compiler asks it which calls have kernels, a session what to launch, and a test
// compares what comes of it with the function's body: a new kernel is a source and a row.
package cuda

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
)

//go:embed *.cu *.cuh
var files embed.FS

// Names are those of the sources: "augment.cu".
func Names() []string {
	names, err := fs.Glob(files, "*.cu")
	if err != nil {
		panic(err) // the pattern is right
	}
	return names
}

// Text is that of a source or header.
func Text(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Errorf("there is no source %s: %w", name, err))
	}
	return string(b)
}

// Headers are the texts of what sources include, by name.
func Headers() map[string]string {
	names, err := fs.Glob(files, "*.cuh")
	if err != nil {
		panic(err) // the pattern is right
	}
	out := map[string]string{}
	for _, name := range names {
		out[name] = Text(name)
	}
	return out
}

var kernel = regexp.MustCompile(`extern "C" __global__ void\s+(?:__launch_bounds__\(\w+\)\s+)?(\w+)\(`)

// Kernels are the names of a source's kernels, in order.
func Kernels(name string) []string {
	var out []string
	for _, m := range kernel.FindAllStringSubmatch(Text(name), -1) {
		out = append(out, m[1])
	}
	return out
}

// Options are those of the compiler for a source. Where the processor's bits are wanted, no product is fused with a sum.
func Options(name string) []string {
	if name == "augment.cu" {
		return []string{"--fmad=false"}
	}
	return nil
}
