// Command setup fills the cache folder with the native parts of ssc: the ONNX Runtime library, the data of the example and ONNX's node
// tests. Everything comes through the machine's package clients (pip, apt-get), pinned by version and sha256; what is there unharmed
// is not fetched again, so a second run works offline. It is a Go program and not a script because checking digests, unpacking wheels
// and replacing folders atomically then behave alike on every machine, and can be tested.
//
//	setup deps        what building, running and testing need
//	setup kernels     what building the native kernels needs beside that
//	setup nvrtc       NVIDIA's compiler of CUDA C++, for tests without a GPU
//	setup peers       the Python environment that benchmarks compare with
//	setup gpu         ONNX Runtime with CUDA and the NVIDIA libraries
//	setup rtx         the libraries of TensorRT-RTX
//	setup path NAME   prints where deps, nvrtc, peers, gpu or rtx put NAME
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"

	"ssc/setup/cache"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

func run(args []string, out, log io.Writer) error {
	root := cache.Dir()
	if root == "" {
		return errors.New("no home folder is known; set SSC_CACHE to a folder for the native parts")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 1 && args[0] == "deps":
		return locked(root, func() error { return deps(root, log) })
	case len(args) == 1 && args[0] == "kernels":
		return locked(root, func() error { return kernels(root, log) })
	case len(args) == 1 && args[0] == "nvrtc":
		return locked(root, func() error { return nvrtc().ensure(root, log) })
	case len(args) == 1 && (args[0] == "peers" || args[0] == "gpu" || args[0] == "rtx"):
		return locked(root, func() error { return environments[args[0]].ensure(root, log) })
	case len(args) == 2 && args[0] == "path":
		return printPath(args[1], root, out)
	}
	return errors.New("usage: setup deps | kernels | nvrtc | peers | gpu | rtx | path NAME")
}

func deps(root string, log io.Writer) error {
	if err := needTools(log, toolCC); err != nil {
		return err
	}
	for _, it := range items() {
		if err := it.ensure(root, log); err != nil {
			return err
		}
	}
	decoder(turboJPEGs(), root, log)
	return nil
}

// decoder brings the fast JPEG decoder: the version that is there, else the first that the package client finds. Without one everything works, more slowly.
func decoder(versions []item, root string, log io.Writer) {
	slices.SortStableFunc(versions, func(a, b item) int { return there(root, b) - there(root, a) })
	var errs []error
	for _, it := range versions {
		var said bytes.Buffer
		err := it.ensure(root, &said)
		if err == nil {
			_, _ = said.WriteTo(log)
			return
		}
		errs = append(errs, err)
	}
	fmt.Fprintf(log, "setup: without libjpeg-turbo, JPEG images are decoded by Go's decoder, at a sixth of the speed; the Debian package is libturbojpeg0, and this was in the way:\n%v\n", errors.Join(errs...))
}

// there is 1 when the cache has a folder of the item.
func there(root string, it item) int {
	if _, err := os.Stat(filepath.Join(root, it.name)); err != nil {
		return 0
	}
	return 1
}

// kernels brings what the native kernels are built with.
func kernels(root string, log io.Writer) error {
	if runtime.GOARCH != "amd64" {
		return fmt.Errorf("native kernels are for x86-64, not for %s", runtime.GOARCH)
	}
	if err := needTools(log, toolCXX); err != nil {
		return err
	}
	return oneDNN().ensure(root, log)
}

// locked runs f while no other setup works on the cache folder, after clearing what an interrupted one left.
func locked(root string, f func() error) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("making the cache folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("locking the cache folder: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("locking the cache folder: %w", err)
	}
	leftovers, err := filepath.Glob(filepath.Join(root, "*.tmp-*"))
	if err != nil {
		return err
	}
	for _, dir := range leftovers {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return f()
}

func printPath(name, root string, out io.Writer) error {
	switch name {
	case "fashion-mnist":
		name = cache.FashionMNISTDir()
	case "onnxruntime":
		name = cache.Library()
	case "onnx":
		name = cache.NodeTests()
	case "onednn":
		name = cache.OneDNNDir()
	case "nvrtc":
		name = cache.NVRTCDir()
	case "peers", "gpu", "rtx":
		name = filepath.Join(root, environments[name].folder())
	default:
		return fmt.Errorf("nothing is called %q; names: fashion-mnist, onnxruntime, onnx, onednn, nvrtc, peers, gpu, rtx", name)
	}
	_, err := fmt.Fprintln(out, name)
	return err
}
