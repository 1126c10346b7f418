package cmd

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"

	"ssc/runtime/jpeg"
	"ssc/runtime/ort"
	"ssc/setup/cache"
)

var doctorCommand = &cli.Command{
	Name: "doctor", Usage: "check what a run needs on this machine, and say how to mend it", Flags: []cli.Flag{jsonFlag()}, Action: doctor,
}

// finding is the result of one check. What is missing but not needed by every run is a warning.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // "ok", "warning", "missing"
	Found  string `json:"found"`
	Mend   string `json:"mend,omitempty"` // the command that mends it
}

// checks in the order in which they are printed.
var checks = []struct {
	name  string
	check func() finding
}{
	{"ssc", func() finding { return ok("%s, %s, %s/%s", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH) }},
	{"processor", checkProcessor}, {"memory", checkMemory}, {"cache folder", checkCache}, {"ONNX Runtime", checkLibrary}, {"providers", checkProviders}, {"native kernels", checkKernels}, {"JPEG decoder", checkJPEG},
	{"example data", checkData}, {"working folder", checkFolder},
}

func doctor(c *cli.Context) error {
	var all []finding
	for _, k := range checks {
		f := k.check()
		f.Check = k.name
		all = append(all, f)
	}
	missing := false
	for _, f := range append(all, findGPU().findings(ort.GPULibrary.Load)...) {
		missing = missing || f.Status == "missing"
		if s := messages(c); s != nil {
			level := map[string]string{"ok": levelInfo, "warning": levelWarn, "missing": levelError}[f.Status]
			s.emit("check", level, f.Check+": "+f.Found, f)
			continue
		}
		fmt.Fprintf(c.App.Writer, "%-8s %-15s %s\n", f.Status, f.Check, f.Found)
		if f.Mend != "" {
			fmt.Fprintf(c.App.Writer, "%-8s %-15s mend: %s\n", "", "", f.Mend)
		}
	}
	if missing {
		return exit{ExitDiag, ""}
	}
	return nil
}

func ok(format string, args ...any) finding {
	return finding{Status: "ok", Found: fmt.Sprintf(format, args...)}
}

func checkProcessor() finding {
	var have []string
	for _, f := range []struct {
		name string
		has  bool
	}{{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"avx512f", cpu.X86.HasAVX512F}, {"avx512_vnni", cpu.X86.HasAVX512VNNI}, {"avx512_bf16", cpu.X86.HasAVX512BF16}, {"amx_bf16", cpu.X86.HasAMXBF16},
		{"asimd", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE}} {
		if f.has {
			have = append(have, f.name)
		}
	}
	model := procField("/proc/cpuinfo", "model name")
	if model == "" {
		model = runtime.GOARCH
	}
	return ok("%d x %s (%s)", runtime.NumCPU(), model, strings.Join(have, " "))
}

func checkMemory() finding {
	total, free := procField("/proc/meminfo", "MemTotal"), procField("/proc/meminfo", "MemAvailable")
	if total == "" {
		return ok("unknown")
	}
	return ok("%s, %s available", kilobytes(total), kilobytes(free))
}

func kilobytes(text string) string {
	var n int64
	if _, err := fmt.Sscanf(text, "%d kB", &n); err != nil {
		return text
	}
	return bytesText(n << 10)
}

// procField is the value of a line "name : value" in a file of /proc; empty when there is none.
func procField(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if key, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func checkCache() finding {
	dir := cache.Dir()
	switch {
	case dir == "":
		return finding{Status: "warning", Found: "no home folder is known", Mend: "export SSC_CACHE=FOLDER"}
	case !isDir(dir):
		return finding{Status: "warning", Found: dir + " is not there yet", Mend: "make deps"}
	}
	return ok("%s", dir)
}

func checkLibrary() finding {
	path, err := ort.LibraryPath()
	if err != nil {
		return finding{Status: "missing", Found: err.Error(), Mend: "make deps"}
	}
	version, err := ort.Version()
	if err != nil {
		return finding{Status: "missing", Found: err.Error(), Mend: "make deps"}
	}
	return ok("%s at %s", version, path)
}

func checkProviders() finding {
	list, err := ort.Providers()
	if err != nil {
		return finding{Status: "missing", Found: "none without the library"}
	}
	return ok("%s", strings.Join(list, ", "))
}

func checkKernels() finding {
	text, err := ort.DescribeKernels()
	if err != nil {
		return finding{Status: "warning", Found: "none, so that training steps take longer: " + err.Error(), Mend: "make kernels"}
	}
	return ok("%s", text)
}

func checkJPEG() finding {
	d, err := jpeg.Find()
	if err != nil {
		return finding{Status: "warning", Found: "Go's, at a sixth of the speed: " + err.Error(), Mend: "make deps, or install the Debian package libturbojpeg0"}
	}
	return ok("%s at %s", jpeg.Name(), d.Path())
}

func checkData() finding {
	dir := os.Getenv("SSC_DATA")
	if dir == "" {
		dir = cache.FashionMNISTDir()
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*-ubyte*")) // the pattern is well formed
	if len(files) < 4 {
		return finding{Status: "warning", Found: fmt.Sprintf("%d of the 4 files of Fashion-MNIST in %s", len(files), dir), Mend: "make deps"}
	}
	return ok("%s", dir)
}

func checkFolder() finding {
	dir, err := os.Getwd()
	if err != nil {
		return finding{Status: "missing", Found: err.Error()}
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return finding{Status: "warning", Found: fmt.Sprintf("%s: %s", dir, err), Mend: "run in another folder, or name the run folder: ssc run -run FOLDER"}
	}
	return ok("%s can be written", dir)
}
