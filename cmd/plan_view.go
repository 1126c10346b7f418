package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/loader"
	"ssc/runtime/ort"
)

// view prints a plan in parts.
type view struct {
	p        *plan.Plan
	perEpoch int // steps in an epoch; 0 when it is not known
}

const partSchedule = "schedule"

// parts in their order.
var parts = []struct {
	name  string
	print func(v view, w io.Writer)
}{
	{"summary", view.summary}, {"data", view.data}, {"state", view.state}, {"sums", view.sums}, {"groups", view.groups}, {partSchedule, view.schedule},
}

func partNames() []string {
	var out []string
	for _, p := range parts {
		out = append(out, p.name)
	}
	return out
}

// print writes one part, or all that can be printed.
func (v view) print(w io.Writer, only string) error {
	first := true
	for _, p := range parts {
		if only != "" && p.name != only || only == "" && p.name == partSchedule && v.perEpoch == 0 {
			continue
		}
		if !first {
			fmt.Fprintln(w)
		}
		first = false
		t := newTable(w)
		p.print(v, t)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (v view) summary(w io.Writer) {
	p, s := v.p, v.p.Stats
	images := int64(p.Loader.BatchSize)
	fmt.Fprintf(w, "pipeline\t%s\n", p.Name)
	fmt.Fprintf(w, "target\t%s, %s, %s\n", p.Target.Device, p.Target.Precision, p.Target.Layout)
	fmt.Fprintf(w, "training\t%d epochs, batch of %s images, %d micro-batches per step\n", p.Train.Epochs, count(p.Loader.BatchSize), p.Train.Accumulate)
	for _, s := range p.Stages {
		fmt.Fprintf(w, "stage\t%s %s\n", s.Name, when(s))
	}
	fmt.Fprintf(w, "parameters\t%s trained\n", count(s.Params))
	again := ""
	if s.Recompute > 0 {
		again = fmt.Sprintf("; %sFLOPs are computed a second time", unit(s.Recompute))
	}
	fmt.Fprintf(w, "cost\t%sFLOPs per step, %sFLOPs per image%s\n", unit(s.FLOPs), unit(s.FLOPs/max(images, 1)), again)
	threads, on := ort.Threads(0), ""
	if len(s.Moments) > 0 {
		on = fmt.Sprintf(" on %d threads", threads)
	}
	fmt.Fprintf(w, "memory\t%s predicted at the peak of a step%s, of which %s are state\n", bytesText(s.Peak(threads)), on, bytesText(s.StateBytes))
	fmt.Fprintf(w, "loader\t%s of batches; while an image is read, each worker takes at most 32 bytes a pixel of it\n", bytesText(v.batchBytes()))
	fmt.Fprintf(w, "graph\t%s nodes\n", count(s.Nodes))
}

// when says in words when a stage runs.
func when(s plan.Stage) string {
	var parts []string
	if s.Initial {
		parts = append(parts, "before the first step")
	}
	after := func(n int, unit string) {
		switch {
		case n == 1:
			parts = append(parts, "after every "+unit)
		case n > 1:
			parts = append(parts, fmt.Sprintf("after every %d %ss", n, unit))
		}
	}
	after(s.Epochs, "epoch")
	after(s.Steps, "step")
	return strings.Join(parts, " and ")
}

// batchBytes is the memory of the batches that the loader of the training set keeps.
func (v view) batchBytes() int64 {
	return loader.BatchBytes(v.p.Dataset("train").Views, v.p.Loader.BatchSize, v.p.Loader.Prefetch)
}

func (v view) data(w io.Writer) {
	fmt.Fprintln(w, "dataset\tsource\tview\ttransforms\timages")
	for _, d := range v.p.Datasets {
		for i, vw := range d.Views {
			var names []string
			for _, t := range vw.Transforms {
				names = append(names, t.Type)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t[channel=%d, height=%d, width=%d]\n", d.Name, d.Source.Label, i, strings.Join(names, " "), vw.Image.Channels, vw.Image.Height, vw.Image.Width)
		}
	}
}

// state lists weights, statistics and teachers by module; what belongs to the optimizer is only summed up.
func (v view) state(w io.Writer) {
	fmt.Fprintln(w, "module\ttensor\tshape\ttype\trole\tgroup")
	last := ""
	for _, s := range v.p.State {
		if s.Role == plan.RoleOptimizer || s.Role == plan.RoleAccum {
			continue
		}
		module, tensor := cutLast(s.Name)
		if module == last {
			module = ""
		} else {
			last = module
		}
		role := s.Role
		if s.Frozen {
			role += ", frozen"
		}
		group := "-"
		if s.Group >= 0 {
			group = fmt.Sprint(s.Group)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", module, tensor, dims(s.Dims), s.DType, role, group)
	}
}

func (v view) sums(w io.Writer) {
	fmt.Fprintln(w, "state\ttensors\telements\tsize")
	for _, r := range roles(v.p.State) {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", r.Role, r.Tensors, count(r.Elements), bytesText(r.Bytes))
	}
}

// roleSum is what the tensors of a role amount to.
type roleSum struct {
	Role     string `json:"role"`
	Tensors  int    `json:"tensors"`
	Elements int64  `json:"elements"`
	Bytes    int64  `json:"bytes"`
}

func roles(list []plan.State) []roleSum {
	var out []roleSum
	for _, s := range list {
		i := slices.IndexFunc(out, func(r roleSum) bool { return r.Role == s.Role })
		if i < 0 {
			i, out = len(out), append(out, roleSum{Role: s.Role})
		}
		n := elements(s.Dims)
		out[i].Tensors++
		out[i].Elements += n
		out[i].Bytes += n * int64(dtypeBytes(s.DType))
	}
	return out
}

func (v view) groups(w io.Writer) {
	fmt.Fprintln(w, "group\ttensors\tlearning rate\tlr_mult\tweight_decay\tmomentum\tlars_exclude")
	for i, g := range v.p.Groups {
		momentum := "-"
		if g.Momentum != nil {
			momentum = fmt.Sprint(*g.Momentum)
		}
		decay := fmt.Sprint(g.WeightDecay)
		if g.Decay != "" {
			decay = g.Decay // the schedule's column of that name
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t%g\t%s\t%s\t%t\n", i, g.Params, g.LR, g.LRMult, decay, momentum, g.NoAdapt)
	}
}
