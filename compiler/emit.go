package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/pass"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// optimise runs the passes over the graphs. The extraction graph holds standard operators only, so its functions are inlined first.
func (c *compilation) optimise() {
	c.extract.G = ir.InlineFunctions(c.extract.G, nil)
	if c.options.NoPasses {
		return
	}
	for _, g := range []**ir.Graph{&c.train.G, &c.extract.G} {
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
		Target:   plan.Target{Device: c.device(), Layout: "nchw", Precision: c.root.train.precision, World: 1},
		Graphs:   map[string]plan.Graph{},
		State:    c.state(),
		Groups:   c.train.groups,
		Scalars:  c.train.Scalars,
		Fields:   c.train.Fields,
		Datasets: c.data,
		Loader:   c.root.loader.Loader,
		Train: plan.Train{Epochs: c.root.train.epochs, Accumulate: c.root.train.accumulate, Checkpoint: c.root.train.checkpoint.Checkpoint,
			LogEvery: c.root.train.logEvery, MaxBad: c.root.train.maxBad},
		Monitors: c.components("monitor"),
		Evaluate: c.components("evaluate"),
		Pipeline: component(schema.Encode(c.block)),
	}
	c.plan.Pipeline.At = "" // the whole is not at one place, and must not depend on the order of files
	for _, m := range c.train.Metrics {
		c.plan.Metrics = append(c.plan.Metrics, m.Name)
	}
	c.files = map[string][]byte{}
	weights := map[string]bool{}
	for _, st := range c.extract.States {
		weights[st.Name] = true
	}
	c.emitGraph("train", c.train.G, nil)
	c.emitGraph("extract", c.extract.G, func(name string) bool { return weights[name] })
	if k := c.maxNeighbours(); k > 0 {
		c.emitGraph("neighbours", neighbours(k), nil)
	}
	c.plan.Stats = c.stats()
}

func (c *compilation) emitGraph(name string, g *ir.Graph, external func(string) bool) {
	b, err := onnx.Emit(g, onnx.Options{Producer: "ssc", Version: c.options.Version, External: external})
	if err != nil {
		c.errorf(c.block, "", "Internal error", "Emitting the graph %s: %s. This is a bug in ssc.", name, err)
		return
	}
	file := name + ".onnx"
	c.files[file] = b
	sum := sha256.Sum256(b)
	entry := plan.Graph{File: file, SHA256: hex.EncodeToString(sum[:])}
	for _, v := range g.Inputs {
		if external == nil || !external(v.Name) {
			entry.Inputs = append(entry.Inputs, tensorID(v))
		}
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
	for _, h := range ir.VerifyInPlace(g, pairs, nil) {
		for i := range list {
			if list[i].Name == h.In.Name {
				list[i].InPlace = false
			}
		}
	}
	return list
}

// stats are the compiler's predictions for one step.
func (c *compilation) stats() plan.Stats {
	flops, _ := pass.Total(c.train.G)
	s := plan.Stats{Nodes: len(c.train.G.Nodes), FLOPs: flops}
	for _, st := range c.train.States {
		n := int64(st.In.Shape.Elems())
		s.StateBytes += n * int64(st.In.DType.Bytes())
		if st.Role == plan.RoleParam && !st.Frozen {
			s.Params += int(n)
		}
	}
	peak, _ := pass.Peak(c.train.G, nil)
	s.PeakBytes = peak + s.StateBytes
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
