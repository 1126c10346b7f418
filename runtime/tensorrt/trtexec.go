package tensorrt

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"ssc/runtime/checkpoint/atomic"
	"ssc/setup/cache"
)

// trtexecFlags are what the flags of this trtexec are, by its own help: they differ from one major version to the next.
type trtexecFlags struct {
	version      string // of TensorRT, as 10.13.3; empty when the help does not tell
	stronglyType bool   // it must be told; from 11 on there is no other way
	skip         string // the flag to build and not to measure
}

var banner = regexp.MustCompile(`\[TensorRT v(\d+)\]`)

// askTrtexec reads the help once.
func askTrtexec(ctx context.Context, path string) (trtexecFlags, error) {
	out, err := exec.CommandContext(ctx, path, "--help").CombinedOutput()
	help := string(out)
	if !strings.Contains(help, "--saveEngine") {
		return trtexecFlags{}, fmt.Errorf("%s --help does not speak of --saveEngine, so it is not TensorRT's trtexec (%v)", path, err)
	}
	f := trtexecFlags{stronglyType: strings.Contains(help, "--stronglyTyped"), skip: "--skipInference"}
	if !strings.Contains(help, f.skip) {
		f.skip = "--buildOnly"
	}
	if m := banner.FindStringSubmatch(help); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits; too many give 0
		f.version = versionText(n)
	}
	return f, nil
}

// versionText is a version number of TensorRT as people write it: 101303 is 10.13.3, and before 10 it was 8601 for 8.6.1.
func versionText(n int) string {
	if n < 10000 {
		return fmt.Sprintf("%d.%d.%d", n/1000, n/100%10, n%100)
	}
	return fmt.Sprintf("%d.%d.%d", n/10000, n/100%100, n%100)
}

// runTrtexec builds an engine in a process of its own.
func runTrtexec(ctx context.Context, path string, gpu GPU, r Request) (Built, error) {
	f, err := askTrtexec(ctx, path)
	if err != nil {
		return Built{}, err
	}
	if f.version != "" && !f.stronglyType && majorOf(f.version) < 10 {
		return Built{}, Failure{Trtexec, fmt.Sprintf("%s is of TensorRT %s, which chooses types itself; 10 or newer is needed", path, f.version)}
	}
	model, engine := filepath.Join(r.Folder, "model.onnx"), filepath.Join(r.Folder, "model.engine")
	if err := atomic.WriteBytes(atomic.OS{}, model, r.Model); err != nil {
		return Built{}, fmt.Errorf("writing the model for trtexec: %w", err)
	}
	out, err := exec.CommandContext(ctx, path, trtexecArgs(f, gpu, r, model, engine)...).CombinedOutput()
	if ctx.Err() != nil {
		return Built{}, ctx.Err()
	}
	if m := banner.FindStringSubmatch(string(out)); m != nil && f.version == "" {
		n, _ := strconv.Atoi(m[1]) // digits
		f.version = versionText(n)
	}
	if err != nil {
		return Built{}, Failure{Trtexec, lastErrors(string(out), err)}
	}
	b, err := os.ReadFile(engine)
	if errors.Is(err, os.ErrNotExist) {
		return Built{}, Failure{Trtexec, lastErrors(string(out), errors.New("it wrote no engine"))}
	}
	return Built{Engine: b, Version: f.version}, err
}

func trtexecArgs(f trtexecFlags, gpu GPU, r Request, model, engine string) []string {
	args := []string{"--onnx=" + model, "--saveEngine=" + engine, f.skip,
		"--minShapes=" + r.shape(r.Profile.Min), "--optShapes=" + r.shape(r.Profile.Opt), "--maxShapes=" + r.shape(r.Profile.Max)}
	if f.stronglyType {
		args = append(args, "--stronglyTyped")
	}
	if r.Level >= 0 {
		args = append(args, fmt.Sprintf("--builderOptimizationLevel=%d", r.Level))
	}
	if r.Workspace > 0 {
		args = append(args, fmt.Sprintf("--memPoolSize=workspace:%d", r.Workspace))
	}
	if dir := folder(); dir != "" { // times of kernels, which hold for one GPU and version
		args = append(args, "--timingCacheFile="+filepath.Join(dir, fmt.Sprintf("timing-%.12x", sha256.Sum256([]byte(gpu.String()+gpu.Driver+f.version)))))
	}
	return args
}

// folder is the part of the cache folder that this package keeps things in, empty when there can be none.
func folder() string {
	dir := cache.Folder("tensorrt")
	if dir == "" || os.MkdirAll(dir, 0o777) != nil {
		return ""
	}
	return dir
}

func majorOf(version string) int {
	major, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(major) // what is none is 0
	return n
}

// shownErrors is how many of a builder's last errors are passed on.
const shownErrors = 6

// lastErrors are the lines that trtexec marks as errors, or its last lines.
func lastErrors(output string, err error) string {
	var marked, all []string
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		all = append(all, line)
		if i := strings.Index(line, "[E] "); i >= 0 {
			marked = append(marked, line[i+4:])
		}
	}
	if len(marked) == 0 {
		marked = all
	}
	return strings.Join(append(marked[max(0, len(marked)-shownErrors):], err.Error()), "\n")
}
