package cmd

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/compiler/pass"
	"ssc/compiler/plan"
	"ssc/lang/diag"
	"ssc/lang/schema"
	"ssc/runtime/profile"
	"ssc/runtime/report"
)

// mostRows is the number of functions that the screen shows beside the parts of a step that are none; the report has all.
const mostRows = 12

// newProfile watches the first steps of a job and prints what they took; nil, and a line, where that cannot be.
func newProfile(j *job, rep *reporter, threads int) *profile.Recorder {
	nodes := nodesOf(j.plan)
	if nodes == nil {
		rep.Note("the profile has times alone: this ssc compiles the pipeline to another graph than the plan's")
	}
	r, err := profile.New(profile.Options{Nodes: nodes, FLOPs: j.plan.Stats.FLOPs, Threads: threads, Compare: profile.Comparable(j.plan.Target), Tell: func(p *report.Profile) {
		rep.tell("profile", levelInfo, profileText(p), p)
	}})
	if err != nil {
		rep.Note("the profile: %s; the run goes on without it", err)
	}
	return r
}

// recompiled is a plan compiled again from its resolved pipeline; nil when this ssc gives another graph of the name than the plan's.
func recompiled(p *plan.Plan, graph string) *compiler.Result {
	b, err := schema.Rebuild(tables.Root(), p.Pipeline.Spec())
	if err != nil {
		return nil
	}
	r, diags := compiler.Compile(b, tables, compiler.Options{Device: p.Target.Device, Version: p.Compiler, Name: p.Name, Kernels: p.Target.Kernels})
	if diags.HasErrors() || r.Plan.Graphs[graph].SHA256 != p.Graphs[graph].SHA256 {
		return nil
	}
	return r
}

// nodesOf is what the compiler knows of the nodes of a plan's training graph.
func nodesOf(p *plan.Plan) []profile.Node {
	r := recompiled(p, "train")
	if r == nil {
		return nil
	}
	named := map[string]string{}
	nameBlocks(p.Pipeline, named)
	var out []profile.Node
	for _, n := range r.Train.Nodes {
		if n.Out[0].Const() != nil {
			continue
		}
		node := profile.Node{Name: n.Out[0].Name, Function: n.Op.Name()}
		if ir.IsFunction(n.Op) {
			node.Function = ir.Domain + "." + node.Function
		}
		node.FLOPs, node.Bytes = pass.Cost(n)
		if n.Range != (hcl.Range{}) {
			node.At = diag.At(n.Range)
			node.Block = named[node.At]
		}
		out = append(out, node)
	}
	return out
}

// nameBlocks names the blocks of a resolved pipeline by their places.
func nameBlocks(c plan.Component, named map[string]string) {
	name := c.Type
	if c.Label != "" {
		name += fmt.Sprintf(" %q", c.Label)
	}
	if c.At != "" && named[c.At] == "" {
		named[c.At] = name
	}
	for _, b := range c.Blocks {
		nameBlocks(b, named)
	}
}

// profileText is a profile for people.
func profileText(p *report.Profile) string {
	var b strings.Builder
	steps := fmt.Sprintf("the mean of steps %d to %d", p.First, p.Last)
	if p.First == p.Last {
		steps = fmt.Sprintf("measured in step %d", p.Last)
	}
	fmt.Fprintf(&b, "profile: a step takes %s, %s", seconds(p.Seconds), steps)
	if p.PeakFLOPS > 0 {
		fmt.Fprintf(&b, "; %.1f %% of the %.0f GFLOP/s that this machine was measured to reach (memory %.0f GB/s)", 100*p.MFU, p.PeakFLOPS/1e9, p.PeakBytes/1e9)
	}
	b.WriteString("\n")
	costTable(&b, p, p.Functions, "function", mostRows)
	b.WriteString("\n")
	costTable(&b, p, p.Lines, "block", len(p.Lines))
	return strings.TrimSuffix(b.String(), "\n")
}

// costTable prints rows of a profile, and what those behind the first ones amount to.
func costTable(b *strings.Builder, p *report.Profile, rows []report.Cost, what string, most int) {
	t := newTable(b)
	fmt.Fprintf(t, "  %s\tms\tshare\tcalls\tGFLOP/s\tGB/s\tof peak\n", what)
	speed := func(v float64) string {
		if v == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f", v/1e9)
	}
	var shown, others int
	var rest report.Cost
	for _, c := range rows {
		if shown == most && c.Calls > 0 {
			others++
			rest.Seconds += c.Seconds
			rest.Calls += c.Calls
			continue
		}
		if c.Calls > 0 {
			shown++
		}
		name, of := c.Name, "-"
		if c.At != "" {
			name = c.At + " " + name
		}
		if v := p.OfPeak(c); v > 0 {
			of = fmt.Sprintf("%.0f %%", 100*v)
		}
		fmt.Fprintf(t, "  %s\t%.2f\t%.1f %%\t%d\t%s\t%s\t%s\n", name, 1e3*c.Seconds, 100*c.Seconds/p.Seconds, c.Calls, speed(c.FLOPS()), speed(c.BytesPerSecond()), of)
	}
	if others > 0 {
		fmt.Fprintf(t, "  %d others\t%.2f\t%.1f %%\t%d\t-\t-\t-\n", others, 1e3*rest.Seconds, 100*rest.Seconds/p.Seconds, rest.Calls)
	}
	_ = t.Flush() // a strings.Builder does not fail
}
