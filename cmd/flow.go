package cmd

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ssc/compiler"
	"ssc/compiler/algorithm"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
	"ssc/examples"
	"ssc/lang"
	"ssc/lang/schema"
)

// flow draws what the components of an algorithm pass to one another in a step, up to the loss, and says in which example. It is empty for other components, and for an algorithm without an example.
func flow(k schema.Kind, name string) (file, drawing string) {
	if k.Name() != algorithm.Table.Name() {
		return "", ""
	}
	r, file := exampleOf(name)
	if r == nil {
		return "", ""
	}
	var b strings.Builder
	_ = forward(r).text(&b) // a strings.Builder does not fail
	return file, b.String()
}

// flowSection is the part of a manual page that shows the flow.
func flowSection(k schema.Kind, name string) string {
	file, drawing := flow(k, name)
	if drawing == "" {
		return ""
	}
	return fmt.Sprintf("\n## Data flow\n\nUp to the loss, in [%s](../../../%s):\n\n```text\n%s```\n", path.Base(file), file, drawing)
}

// exampleOf compiles the first example of an algorithm, and names its file.
func exampleOf(name string) (*compiler.Result, string) {
	var files []string
	_ = fs.WalkDir(examples.Files, ".", func(file string, d fs.DirEntry, err error) error { // an embedded folder can be read
		if err == nil && path.Ext(file) == ".hcl" && path.Base(path.Dir(file)) != "_base_" {
			files = append(files, file)
		}
		return err
	})
	slices.SortStableFunc(files, func(a, b string) int { return precedence(b) - precedence(a) })
	for _, file := range files {
		p, diags := lang.Load([]string{file}, lang.Options{Root: tables.Root, ReadFile: func(name string) ([]byte, error) { return examples.Files.ReadFile(filepath.ToSlash(name)) }})
		if diags.HasErrors() || !slices.ContainsFunc(p.Root.Blocks, func(b *schema.Block) bool { return b.Type == algorithm.Table.Name() && b.Label == name }) {
			continue
		}
		if r, diags := compiler.Compile(p.Root, tables, compiler.Options{Version: Version, NoPasses: true}); !diags.HasErrors() {
			return r, "examples/" + file
		}
	}
	return nil, ""
}

// precedence puts pre-training before benchmarks, and ImageNet before small data.
func precedence(file string) int {
	p := 0
	if strings.HasPrefix(file, "selfsup/") {
		p += 2
	}
	if strings.Contains(file, "_in1k") {
		p++
	}
	return p
}

// forward is the part of a step up to the loss: the batch, the components, and the state that the algorithm itself reads. What the algorithm computes between components is left out.
func forward(r *compiler.Result) *picture {
	g, loss := &ir.Graph{Name: r.Train.Name}, lossOf(r)
	needed := map[*ir.Value]bool{loss: true}
	for _, n := range slices.Backward(r.Train.Nodes) {
		if slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return needed[v] }) {
			g.Nodes = append(g.Nodes, n)
			for _, v := range n.In {
				needed[v] = true
			}
		}
	}
	slices.Reverse(g.Nodes)
	for _, v := range r.Train.Inputs {
		if needed[v] {
			g.Inputs = append(g.Inputs, v)
		}
	}
	of := *r.Plan // state of no component is drawn like the batch
	of.State = slices.DeleteFunc(slices.Clone(of.State), func(t plan.State) bool { return scope(t.Name) == nil })
	p := condense(g, &of, 1)
	p.components(loss)
	return p
}

// lossOf is the value that a step logs as its loss.
func lossOf(r *compiler.Result) *ir.Value {
	i := slices.Index(r.Plan.Metrics, "loss")
	all := r.Train.Outputs[slices.IndexFunc(r.Train.Outputs, func(v *ir.Value) bool { return v.Name == "metrics" })]
	return all.Def.In[i].Def.In[0] // each is reshaped to be joined
}

// components leaves the components and what they read, and adds a box for the loss.
func (p *picture) components(value *ir.Value) {
	end := p.boxes[slices.IndexFunc(p.boxes, func(b *box) bool { return len(b.out) == 0 && b.kind != boxInput })]
	loss := &box{id: len(p.boxes), kind: boxForward, key: "loss", title: "loss"}
	end.connect(loss, value)
	p.boxes = append(p.boxes, loss)
	p.boxes = slices.DeleteFunc(p.boxes, func(b *box) bool {
		scalars := b.title == "scalars"
		if scalars || b.key == "" {
			b.leave(!scalars)
			return true
		}
		return false
	})
	for _, b := range p.boxes {
		if b.detail = b.size; b.key == "teacher" {
			b.detail = "moving average"
		}
	}
	p.joinInputs()
}

// leave takes the box out of its picture. What came in goes, if it is passed on, to where the box led.
func (b *box) leave(pass bool) {
	for _, from := range b.in {
		i := slices.IndexFunc(from.out, func(w *wire) bool { return w.to == b })
		values := from.out[i].values
		from.out = slices.Delete(from.out, i, i+1)
		for _, w := range b.out {
			for _, v := range values {
				if pass {
					from.connect(w.to, v)
				}
			}
		}
	}
	for _, w := range b.out {
		w.to.in = slices.DeleteFunc(w.to.in, func(from *box) bool { return from == b })
	}
}

// joinInputs draws neighbouring inputs of one size, read by the same boxes, as one.
func (p *picture) joinInputs() {
	alike := func(a, b *box) bool {
		return a.kind == boxInput && b.kind == boxInput && a.detail == b.detail && slices.EqualFunc(a.out, b.out, func(v, w *wire) bool { return v.to == w.to })
	}
	var kept []*box
	for i := 0; i < len(p.boxes); {
		b, j := p.boxes[i], i+1
		for ; j < len(p.boxes) && alike(b, p.boxes[j]); j++ {
			p.boxes[j].leave(false)
		}
		if last := p.boxes[j-1]; last != b {
			b.title += " … " + last.title
		}
		kept, i = append(kept, b), j
	}
	p.boxes = kept
}
