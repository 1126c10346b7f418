package cmd

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/runtime/ort"
	"ssc/runtime/report"
	"ssc/runtime/track"
)

// newTracker keeps the report of a run that the command line begins or goes on with. A command that names a run folder does not make the run anew: the first one stands.
func newTracker(c *cli.Context) *track.Tracker {
	o := track.Options{Environment: environment(c)}
	if c.Command.Name == "run" && !(c.NArg() == 1 && isRun(c.Args().First())) {
		o.Command = commandLine(c)
	}
	return track.New(o)
}

// argsKey is where Main keeps the arguments as they were typed.
const argsKey = "args"

// commandLine is the command as it can be typed again, with the variables of the environment that it reads.
func commandLine(c *cli.Context) string {
	var parts []string
	for _, name := range []string{"SSC_DATA", "SSC_KERNELS", "SSC_ORT_LIB"} {
		if v := os.Getenv(name); v != "" {
			parts = append(parts, name+"="+shellWord(v))
		}
	}
	parts = append(parts, "ssc")
	args, _ := c.App.Metadata[argsKey].([]string)
	for _, a := range args[min(1, len(args)):] {
		parts = append(parts, shellWord(a))
	}
	return strings.Join(parts, " ")
}

var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// shellWord is a word for a shell.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// environment is what a run depends on beside its plan.
func environment(c *cli.Context) []report.Fact {
	threads := "one per physical core"
	if n := c.Int("threads"); n > 0 {
		threads = fmt.Sprint(n)
	}
	library := "not found"
	if version, err := ort.Version(); err == nil {
		path, _ := ort.LibraryPath() // it was found a moment ago
		library = version + " at " + path
	}
	kernels := "none"
	if names, err := ort.Kernels(); err == nil && len(names) > 0 {
		kernels = strings.Join(names, ", ")
	}
	folder, _ := os.Getwd() // empty where it is gone
	return []report.Fact{{Name: "ssc", Value: Version}, {Name: "Go", Value: fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)}, {Name: "ONNX Runtime", Value: library},
		{Name: "native kernels", Value: kernels}, {Name: "processor", Value: checkProcessor().Found}, {Name: "memory", Value: checkMemory().Found}, {Name: "threads of an operator", Value: threads},
		{Name: "working folder", Value: folder}}
}
