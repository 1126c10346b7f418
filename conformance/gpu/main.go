// Gpu checks what ssc claims of a GPU, on the machine that has one: run it by `make gpu`. It trains the same steps on the processor and on the GPU, and prints what of it holds as a table; the last
// lines of the run that failed, and all that was said, are in gpu.log of its folder.
//
// The run on the GPU is one whose sessions refuse to compute a node on the processor. Losses are compared in float32 without TF32.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// check is what the program compares, and where.
type check struct {
	ssc, device, dir string
	files            []string
	log              io.Writer
}

func main() {
	c := check{}
	flag.StringVar(&c.ssc, "ssc", "bin/ssc", "the program")
	flag.StringVar(&c.device, "device", "cuda", "the device that is compared with the processor")
	flag.StringVar(&c.dir, "dir", "runs/gpu", "folder of the runs; one that is there is replaced")
	steps := flag.Int("steps", 20, "steps of a run")
	tolerance := flag.Float64("tolerance", 1e-3, "relative difference of a loss that is allowed")
	flag.Parse()
	c.files = flag.Args()
	if err := c.all(*steps, *tolerance); err != nil {
		fmt.Fprintln(os.Stderr, "gpu:", err)
		os.Exit(1)
	}
}

// all makes the checks in their order. One that needs a run that failed fails too.
func (c *check) all(steps int, tolerance float64) error {
	if err := os.RemoveAll(c.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(c.dir, "gpu.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	c.log = log
	failed := 0
	for _, k := range c.table(steps, tolerance) {
		began := time.Now()
		found, err := k.do()
		verdict := "holds"
		if err != nil {
			verdict, found = "FAILS", err.Error()
			failed++
		}
		for _, w := range []io.Writer{os.Stdout, log} {
			fmt.Fprintf(w, "%-5s  %6.1f s  %-52s %s\n", verdict, time.Since(began).Seconds(), k.what, found)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d checks fail; all that was said is in %s", failed, log.Name())
	}
	return nil
}

// comparison is a line of the table. What it does tells what was found, or why the claim fails.
type comparison struct {
	what string
	do   func() (string, error)
}

// table are the lines in their order.
func (c *check) table(steps int, tolerance float64) []comparison {
	return []comparison{
		{"three steps, no node on the processor", func() (string, error) { return "", c.run("short", c.device, 3) }},
		{fmt.Sprintf("%d steps on the processor", steps), func() (string, error) { return "", c.run("cpu", "cpu", steps) }},
		{fmt.Sprintf("%d steps on %s", steps, c.device), func() (string, error) { return "", c.run("whole", c.device, steps) }},
		{fmt.Sprintf("losses within %g of the processor's", tolerance), func() (string, error) { return c.losses("cpu", "whole", steps, tolerance) }},
		{"the same again, with the same bits", func() (string, error) {
			return "", errors.Join(c.run("again", c.device, steps), c.equal("whole", "again", steps))
		}},
		{"interrupted and resumed, with the same bits", func() (string, error) {
			return "", errors.Join(c.run("halves", c.device, steps/2), c.run("halves", c.device, steps), c.equal("whole", "halves", steps))
		}},
		{"losses as near without kernels of our own", func() (string, error) {
			if err := c.run("bodies", c.device, steps, "SSC_KERNELS=off"); err != nil {
				return "", err
			}
			return c.losses("whole", "bodies", steps, tolerance)
		}},
		{"views made there, and losses as near", func() (string, error) {
			if err := c.run("views", c.device, steps, "SSC_CUDA_AUGMENT=1"); err != nil {
				return "", err
			}
			return c.losses("whole", "views", steps, tolerance)
		}},
		{"bfloat16 by NVIDIA's libraries and without: losses", func() (string, error) {
			const narrow = "train.precision=bf16"
			if err := errors.Join(c.run("libraries", c.device, steps, narrow), c.run("kernels", c.device, steps, narrow, "SSC_CUDA_LIBRARIES=off")); err != nil {
				return "", err
			}
			return c.losses("kernels", "libraries", steps, 20*tolerance)
		}},
	}
}

// run trains up to a step in a run folder of a name, or goes on there, with more in its environment, A=b, or its settings, a.b=c.
func (c *check) run(name, device string, steps int, more ...string) error {
	args := []string{"run", "-device", device, "-steps", strconv.Itoa(steps), "-run", filepath.Join(c.dir, name), "-set", "train.log_every=1"}
	var env []string
	for _, m := range more {
		if variable, _, _ := strings.Cut(m, "="); strings.Contains(variable, ".") {
			args = append(args, "-set", m)
		} else {
			env = append(env, m)
		}
	}
	cmd := exec.Command(c.ssc, append(args, c.files...)...)
	cmd.Env = append(append(os.Environ(), "NVIDIA_TF32_OVERRIDE=0", "SSC_NO_PROGRESS=1"), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&said, c.log), io.MultiWriter(&said, c.log)
	fmt.Fprintf(c.log, "$ %s\n", strings.Join(append(env, cmd.String()), " "))
	if err := cmd.Run(); err != nil {
		text := bytes.TrimSpace(said.Bytes())
		return fmt.Errorf("%w: …%s", err, text[max(0, len(text)-600):])
	}
	return nil
}

// losses compares the losses of two runs, step by step, and tells the largest relative difference.
func (c *check) losses(a, b string, steps int, tolerance float64) (string, error) {
	want, err := c.read(a)
	if err != nil {
		return "", err
	}
	got, err := c.read(b)
	if err != nil {
		return "", err
	}
	if len(want) < steps || len(got) != len(want) {
		return "", fmt.Errorf("%d losses and %d, want %d", len(want), len(got), steps)
	}
	worst := 0.0
	for i := range want {
		d := math.Abs(got[i]-want[i]) / math.Abs(want[i])
		if !(d <= tolerance) {
			return "", fmt.Errorf("step %d: loss %g, on the processor %g", i+1, got[i], want[i])
		}
		worst = max(worst, d)
	}
	return fmt.Sprintf("at most %.2g apart", worst), nil
}

// read are the losses of a run by step.
func (c *check) read(name string) (out []float64, err error) {
	f, err := os.Open(filepath.Join(c.dir, name, "metrics.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var line struct{ Values struct{ Loss *float64 } }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		if l := line.Values.Loss; l != nil {
			out = append(out, *l)
		}
	}
	return out, lines.Err()
}

// equal compares every file of weights and state of the newest checkpoints of two runs.
func (c *check) equal(a, b string, step int) error {
	pattern := func(name string) string {
		return filepath.Join(c.dir, name, "checkpoints", fmt.Sprintf("%06d", step), "*.safetensors")
	}
	files, err := filepath.Glob(pattern(a))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no checkpoint of step %d", a, step)
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		one, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		other, err := os.ReadFile(filepath.Join(filepath.Dir(pattern(b)), filepath.Base(f)))
		if err != nil {
			return err
		}
		if sha256.Sum256(one) != sha256.Sum256(other) {
			return fmt.Errorf("%s differs between %s and %s", filepath.Base(f), a, b)
		}
	}
	return nil
}
