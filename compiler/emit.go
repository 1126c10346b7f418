package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"

	"ssc/compiler/autodiff"
	"ssc/compiler/cuda"
	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/pass"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// optimise runs the passes over the graphs. The extraction graph holds standard operators only, so its functions are inlined first.
func (c *compilation) optimise() {
	calls := functions(c.train.G)
	c.native = c.options.Kernels
	native := func(name string) bool { return calls[name] && c.hasKernel(name) }
	c.layout = "nchw"
	if !c.onGPU() || c.root.train.precision == "bf16" { // in float32 a GPU has kernels of others for convolutions, with channels before other axes
		c.layout = layout(calls, native)
	}
	graphs := []**ir.Graph{&c.train.G}
	for _, e := range c.inferences() {
		e.G = ir.InlineFunctions(e.G, nil)
		graphs = append(graphs, &e.G)
	}
	if c.options.NoPasses {
		return
	}
	if c.layout == "nhwc" {
		c.train.G = pass.ChannelsLast(c.train.G, native)
	}
	if c.root.train.precision == "bf16" {
		c.train.G = pass.BFloat16(c.train.G)
	}
	if c.onGPU() {
		c.train.G, c.native = cuda.Inline(c.train.G, c.options.Kernels)
	}
	for _, g := range graphs {
		out, err := pass.All(*g)
		if err != nil {
			c.errorf(c.block, "", "Internal error", "A pass broke the graph %s: %s. This is a bug in ssc.", (*g).Name, err)
			return
		}
		*g = out
	}
}

// emit writes the models and the plan.
func (c *compilation) emit() {
	c.plan = &plan.Plan{
		Format: plan.Format, Compiler: c.options.Version, Name: c.name(), Seed: uint64(c.root.pipeline.seed),
		Target:   plan.Target{Device: c.device(), Layout: c.layout, Precision: c.root.train.precision, Kernels: c.kernels(), World: 1},
		Graphs:   map[string]plan.Graph{},
		State:    c.state(),
		Groups:   c.train.groups,
		Scalars:  c.train.Scalars,
		Fields:   c.train.Fields,
		Datasets: c.data,
		Loader:   c.root.loader.Loader,
		Train: plan.Train{Epochs: c.root.train.epochs, Accumulate: c.root.train.accumulate, Checkpoint: c.root.train.checkpoint.Checkpoint,
			LogEvery: c.root.train.logEvery, MaxBad: c.root.train.maxBad, InitFrom: c.initFrom()},
		Stages:   c.train.Stages,
		Monitors: c.components("monitor"),
		Evaluate: c.components("evaluate"),
		Track:    c.root.track.Track,
		Pipeline: component(schema.Encode(c.block)),
		Settings: settings(c.block),
	}
	c.plan.Pipeline.At = "" // the whole is not at one place, and must not depend on the order of files
	for _, m := range c.train.Metrics {
		c.plan.Metrics = append(c.plan.Metrics, m.Name)
	}
	c.files = map[string][]byte{}
	c.emitGraph("train", c.train.G, nil)
	for _, e := range c.inferences() {
		c.emitGraph(e.G.Name, e.G, e)
	}
	for _, g := range c.needs.Graphs() {
		c.emitGraph(g.Name, g, nil)
	}
	c.plan.Stats = c.stats()
}

// settings are the final values of the pipeline with their origins.
func settings(b *schema.Block) (out []plan.Setting) {
	for _, o := range schema.Origins(b) {
		out = append(out, plan.Setting(o))
	}
	return out
}

// functions are those that the outputs of a graph need.
func functions(g *ir.Graph) map[string]bool {
	calls, read := map[string]bool{}, map[*ir.Value]bool{}
	for _, v := range g.Outputs {
		read[v] = true
	}
	for _, n := range slices.Backward(g.Nodes) {
		if !slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return read[v] }) {
			continue
		}
		if ir.IsFunction(n.Op) {
			calls[n.Op.Name()] = true
		}
		for _, v := range n.In {
			read[v] = true
		}
	}
	return calls
}

// layout is that of a step's maps: channels last where every function on maps that the step calls has a kernel for it. What it does not call has no say, for the list of a plan, which compiles to the same graph
// again, does not name it.
func layout(calls map[string]bool, native func(name string) bool) string {
	of := "nchw"
	for _, name := range []string{"Conv", "ConvInputGrad", "ConvWeightGrad", "BatchNorm", "BatchNormGrad", "BatchNormRelu", "BatchNormReluGrad"} {
		switch {
		case native(name):
			of = "nhwc"
		case calls[name]:
			return "nchw"
		}
	}
	return of
}

func (c *compilation) hasKernel(name string) bool { return slices.Contains(c.native, name) }

// kernels lists the functions that the training step calls and the target has a kernel for, sorted.
func (c *compilation) kernels() []string {
	var list []string
	for _, n := range c.train.G.Nodes {
		name := n.Op.Name()
		if ir.IsFunction(n.Op) && c.hasKernel(name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// inferences are the graphs over images, the extraction graph first.
func (c *compilation) inferences() []*inferenceGraph {
	return append([]*inferenceGraph{c.extract}, c.extra...)
}

// emitGraph writes a model; the state of an inference graph becomes external initializers.
func (c *compilation) emitGraph(name string, g *ir.Graph, of *inferenceGraph) {
	external := func(name string) bool { return of != nil && of.Lookup(name) != nil }
	kernel := func(name string) bool { return slices.Contains(c.plan.Target.Kernels, name) }
	b, err := onnx.Emit(g, onnx.Options{Producer: "ssc", Version: c.options.Version, External: external, Kernel: kernel})
	if err != nil {
		c.errorf(c.block, "", "Internal error", "Emitting the graph %s: %s. This is a bug in ssc.", name, err)
		return
	}
	file := name + ".onnx"
	c.files[file] = b
	sum := sha256.Sum256(b)
	entry := plan.Graph{File: file, SHA256: hex.EncodeToString(sum[:])}
	for _, v := range g.Inputs {
		if external(v.Name) {
			entry.Weights = append(entry.Weights, v.Name)
			continue
		}
		entry.Inputs = append(entry.Inputs, tensorID(v))
	}
	for _, v := range g.Outputs {
		entry.Outputs = append(entry.Outputs, tensorID(v))
	}
	c.plan.Graphs[name] = entry
}

func tensorID(v *ir.Value) plan.TensorID {
	return plan.TensorID{Name: v.Name, DType: v.DType.String(), Dims: v.Shape.Sizes()}
}

// state lists the state tensors and decides which are updated in place.
func (c *compilation) state() []plan.State {
	g := c.train.G
	in, out := map[string]*ir.Value{}, map[string]*ir.Value{}
	for _, v := range g.Inputs {
		in[v.Name] = v
	}
	for _, v := range g.Outputs {
		out[v.Name] = v
	}
	var pairs []ir.Pair
	var list []plan.State
	for _, st := range c.train.States {
		group := -1
		if i, ok := c.train.group[st.Name]; ok {
			group = i
		}
		s := plan.State{Name: st.Name, DType: st.In.DType.String(), Dims: st.In.Shape.Sizes(), Role: st.Role, Group: group, Init: st.Init, Frozen: st.Frozen,
			Extract: c.extract.Lookup(st.Name) != nil}
		if next := out[nextName(st.Name)]; next != nil {
			s.Next, s.InPlace = next.Name, true
			pairs = append(pairs, ir.Pair{In: in[st.Name], Out: next})
		}
		list = append(list, s)
	}
	for _, h := range ir.VerifyInPlace(g, pairs, c.sound()) {
		for i := range list {
			if list[i].Name == h.In.Name {
				list[i].InPlace = false
			}
		}
	}
	return list
}

// sound is the guard's verdict in the training graph as the passes left it.
func (c *compilation) sound() *ir.Value {
	for _, n := range c.train.G.Nodes {
		if n.Out[0].Name == okName {
			return n.Out[0]
		}
	}
	return nil
}

// stats are the compiler's predictions for one step.
func (c *compilation) stats() plan.Stats {
	s := plan.Stats{Nodes: len(c.train.G.Nodes)}
	s.Recompute, _ = pass.Total(c.train.G, autodiff.Recomputed)
	s.FLOPs, _ = pass.Total(c.train.G, func(n *ir.Node) bool { return !autodiff.Recomputed(n) })
	for _, st := range c.train.States {
		n := int64(st.In.Shape.Elems())
		s.StateBytes += n * int64(st.In.DType.Bytes())
		if st.Role == plan.RoleParam && !st.Frozen {
			s.Params += int(n)
		}
	}
	var scratch func(*ir.Node) fn.Scratch
	if c.onGPU() {
		scratch = func(n *ir.Node) fn.Scratch { return fn.Scratch{Once: cuda.Scratch(n)} }
	}
	run := pass.NewExecution(c.train.G, c.hasKernel, scratch)
	peak, _ := run.Peak()
	s.PeakBytes = peak + s.StateBytes
	for _, m := range run.Moments() {
		if m.On(1) > m.Bytes {
			s.Moments = append(s.Moments, plan.Moment{Bytes: s.StateBytes + m.Bytes + m.Scratch.Once, ThreadBytes: m.Scratch.Each, Threads: int(m.Scratch.Tasks)})
		}
	}
	return s
}

// name is the pipeline's, or the base name of its file.
func (c *compilation) name() string {
	switch {
	case c.root.pipeline.name != "":
		return c.root.pipeline.name
	case c.options.Name != "":
		return c.options.Name
	}
	return strings.TrimSuffix(filepath.Base(c.block.Range.Filename), ".hcl")
}

func (c *compilation) device() string {
	if c.options.Device == "" {
		return "cpu"
	}
	return c.options.Device
}

// components lists the blocks of the type in the resolved pipeline.
func (c *compilation) components(typ string) []plan.Component {
	var out []plan.Component
	for _, b := range c.block.Find(typ) {
		out = append(out, component(schema.Encode(b)))
	}
	return out
}
