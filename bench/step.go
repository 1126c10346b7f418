package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"ssc/compiler"
	"ssc/lang"
	"ssc/runtime/datasource"
	"ssc/runtime/ort"
	"ssc/runtime/train"
	"ssc/runtime/transform"
)

// threads of both sides.
const threads = 2

// nets are what is measured: our pipeline and the peer's name for the same net.
var nets = []struct{ title, file, peer string }{
	{"step, example net, batch 256 x 2 views", "examples/selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl", "fmnist"},
	{"step, ResNet-18 small stem, batch 64 x 2", "bench/resnet18.hcl", "resnet18"},
	{"step, ResNet-50 at 224, batch 16 x 2", "bench/resnet50.hcl", "resnet50"},
	{"step, ViT-S/16 at 224, batch 16 x 2", "bench/vit_small.hcl", "vit-small"},
	{"step, MoCo v2, example net, 256 x 2", "examples/selfsup/mocov2/mocov2_resnet10-w32_1xb256-adamw-5e_fmnist.hcl", "mocov2"},
	{"step, BYOL, example net, 256 x 2", "bench/byol.hcl", "byol"},
	{"step, SwAV, example net, 256 x (2 + 6)", "bench/swav.hcl", "swav"},
	{"step, DINO, example net, 256 x (2 + 2)", "examples/selfsup/dino/dino_resnet10-w32_1xb256-mcrop-2-2-adamw-3e_fmnist-28-16.hcl", "dino"},
}

// steps times training steps, ours and the peer's in turns, against the peer's eager mode and torch.compile, in one arithmetic; of one net, or of all when it has no name.
func steps(python, net, precision string, rounds int) error {
	for _, n := range nets {
		if net != "" && net != n.peer {
			continue
		}
		for _, mode := range [][]string{nil, {"--compile"}} {
			if err := duel(python, n.title+", "+precision, n.file, precision, append([]string{"--net", n.peer, "--dtype", precision}, mode...), rounds); err != nil {
				return fmt.Errorf("%s: %w", n.title, err)
			}
		}
	}
	return nil
}

func duel(python, title, file, precision string, args []string, rounds int) error {
	ours, err := stepper(file, precision)
	if err != nil {
		return err
	}
	defer ours.Close()
	peer, err := newPeer(python, append([]string{"bench/torch_step.py", "--interactive", "--threads", fmt.Sprint(threads)}, args...))
	if err != nil {
		return err
	}
	defer peer.close()
	for range 3 {
		if _, err := ours.Step(1e-4); err != nil {
			return err
		}
	}
	const each = 4 // steps of one side in a row
	var a, b, ratios []float64
	for range rounds {
		begin := time.Now()
		for range each {
			if _, err := ours.Step(1e-4); err != nil {
				return err
			}
		}
		mine := time.Since(begin).Seconds() * 1000 / each
		his, err := peer.steps(each)
		if err != nil {
			return err
		}
		a, b, ratios = append(a, mine), append(b, his), append(ratios, his/mine)
	}
	name := "eager"
	if args[len(args)-1] == "--compile" {
		name = "torch.compile"
	}
	report(title, "ms", median(a), median(b), median(ratios), name)
	return nil
}

// stepper compiles a pipeline in an arithmetic and prepares its step.
func stepper(file, precision string) (*train.Stepper, error) {
	t := compiler.Tables{Source: datasource.Table, Transform: transform.Table}
	p, diags := lang.Load([]string{file}, lang.Options{Root: t.Root, Sets: []string{"train.precision=" + precision}})
	if diags.HasErrors() {
		return nil, diags
	}
	kernels, err := ort.Kernels()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: without native kernels:", err)
	}
	r, diags := compiler.Compile(p.Root, t, compiler.Options{Version: "bench", Name: p.Name, Kernels: kernels})
	if diags.HasErrors() {
		return nil, diags
	}
	return train.NewStepper(r.Plan, r.Files["train.onnx"], threads)
}

// peer is a torch_step.py that waits for orders.
type peer struct {
	cmd *exec.Cmd
	in  *json.Encoder
	out *bufio.Scanner
	end func() error
}

func newPeer(python string, args []string) (*peer, error) {
	cmd := exec.Command(python, args...)
	cmd.Env = append(os.Environ(), tuned...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &peer{cmd: cmd, in: json.NewEncoder(in), out: bufio.NewScanner(out), end: in.Close}
	var ready struct{ Ready bool }
	for !ready.Ready {
		if !p.out.Scan() {
			return nil, fmt.Errorf("the peer ended before it was ready")
		}
		_ = json.Unmarshal(p.out.Bytes(), &ready) // other lines are talk
	}
	return p, nil
}

// steps runs n steps and returns the median time in milliseconds.
func (p *peer) steps(n int) (float64, error) {
	if err := p.in.Encode(n); err != nil {
		return 0, err
	}
	if !p.out.Scan() {
		return 0, fmt.Errorf("the peer ended")
	}
	var r struct {
		Median float64 `json:"median_ms"`
	}
	err := json.Unmarshal(p.out.Bytes(), &r)
	return r.Median, err
}

func (p *peer) close() {
	_ = p.end()
	_ = p.cmd.Wait()
}
