// Command bench measures ssc and PyTorch side by side in one run and prints ratios: training steps, views of the loader, time to the first step, peak memory. The
// peers' scripts lie beside it; SSC_PEERS is the Python that runs them.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// tuned is the environment of a fair peer: glibc returns every large activation to the kernel unless it is told not to.
var tuned = []string{"MALLOC_MMAP_THRESHOLD_=1073741824", "MALLOC_TRIM_THRESHOLD_=17179869184", "MALLOC_TOP_PAD_=268435456"}

func main() {
	rounds := flag.Int("rounds", 7, "rounds of alternating measurements")
	only := flag.String("only", "step,loader,start,run", "which measurements to make")
	net := flag.String("net", "", "measure the step of this net alone, by its name in torch_nets.py")
	precision := flag.String("precision", "fp32,bf16", "arithmetic of the steps, on both sides: the peer has autocast")
	flag.Parse()
	python := os.Getenv("SSC_PEERS")
	if python == "" {
		fail(fmt.Errorf("SSC_PEERS names no Python; run this by `make bench`"))
	}
	for _, part := range strings.Split(*only, ",") {
		var err error
		switch part {
		case "step":
			for _, p := range strings.Split(*precision, ",") {
				err = errors.Join(err, steps(python, *net, p, *rounds))
			}
		case "loader":
			err = loaders(python)
		case "start":
			err = starts(python)
		case "run":
			err = runs(python)
		default:
			err = fmt.Errorf("there is no measurement %q", part)
		}
		if err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

// report prints one line: what, ours, the peer's, and how many times better ours is.
func report(what, unit string, ours, peer, ratio float64, note string) {
	fmt.Printf("%-50s ssc %9.1f  torch %9.1f %-8s ratio %5.2f  %s\n", what, ours, peer, unit, ratio, note)
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}

// last runs a command and decodes the JSON object on its last line.
func last(into any, env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return json.Unmarshal(lines[len(lines)-1], into)
}
