package cmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
	"ssc/compiler/pass"
)

// modelInfo is what can be said of an ONNX model. Costs are of one sample where the batch is symbolic.
type modelInfo struct {
	Producer  string         `json:"producer"`
	IRVersion int64          `json:"ir_version"`
	Opset     int            `json:"opset"`
	Nodes     int            `json:"nodes"`
	Operators map[string]int `json:"operators"`
	Functions int            `json:"functions"`
	Tensors   int            `json:"initializers"`
	Elements  int64          `json:"elements"` // of the initializers
	Inputs    []string       `json:"inputs"`
	Outputs   []string       `json:"outputs"`
	// Metadata are the model's own properties.
	Metadata  map[string]string `json:"metadata,omitempty"`
	FLOPs     int64             `json:"flops"`
	PeakBytes int64             `json:"peak_bytes"`        // of the values between inputs and outputs
	Unknown   string            `json:"unknown,omitempty"` // why cost and memory are not known
}

func showModel(c *cli.Context, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("showing: %w", err)
	}
	m, err := onnx.ReadModel(b)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	info := describeModel(m)
	if s := messages(c); s != nil {
		s.emit("model", levelInfo, path, info)
		return s.err
	}
	return info.print(c.App.Writer)
}

func describeModel(m *onnx.Model) modelInfo {
	info := modelInfo{Producer: strings.TrimSpace(m.Producer + " " + m.ProducerVersion), IRVersion: m.IRVersion, Opset: m.Opset(""), Nodes: len(m.Main.Nodes), Operators: map[string]int{},
		Functions: len(m.Functions), Tensors: len(m.Main.Initializers)}
	for _, e := range m.Metadata {
		if info.Metadata == nil {
			info.Metadata = map[string]string{}
		}
		info.Metadata[e.Key] = e.Value
	}
	for _, n := range m.Main.Nodes {
		name := n.Op
		if n.Domain != "" && n.Domain != "ai.onnx" {
			name = n.Domain + "." + n.Op
		}
		info.Operators[name]++
	}
	for _, t := range m.Main.Initializers {
		d := make([]int, len(t.Dims))
		for i, n := range t.Dims {
			d[i] = int(n)
		}
		info.Elements += elements(d)
	}
	g, err := m.Graph(onnx.Importer{Lookup: fn.Any, Const: op.Const})
	if err != nil {
		info.Unknown = err.Error()
		for _, v := range m.Main.Inputs {
			info.Inputs = append(info.Inputs, v.Name)
		}
		for _, v := range m.Main.Outputs {
			info.Outputs = append(info.Outputs, v.Name)
		}
		return info
	}
	named := map[string]bool{}
	for _, v := range m.Main.Inputs {
		named[v.Name] = true
	}
	for _, v := range g.Inputs {
		if named[v.Name] {
			info.Inputs = append(info.Inputs, typed(v))
		}
	}
	for _, v := range g.Outputs {
		info.Outputs = append(info.Outputs, typed(v))
	}
	info.FLOPs, _ = pass.Total(g)
	info.PeakBytes, _ = pass.Peak(g, nil)
	return info
}

func typed(v *ir.Value) string { return v.Name + ": " + v.Type.String() }

// maxListed is how many inputs or outputs are named.
const maxListed = 12

func (m modelInfo) print(w io.Writer) error {
	t := newTable(w)
	fmt.Fprintf(t, "producer\t%s (IR version %d, opset %d)\n", m.Producer, m.IRVersion, m.Opset)
	fmt.Fprintf(t, "initializers\t%s elements in %d tensors\n", count(m.Elements), m.Tensors)
	if m.Unknown == "" {
		fmt.Fprintf(t, "cost\t%sFLOPs\n", unit(m.FLOPs))
		fmt.Fprintf(t, "memory\t%s predicted for the values between inputs and outputs\n", bytesText(m.PeakBytes))
	} else {
		fmt.Fprintf(t, "cost\tunknown: %s\n", m.Unknown)
	}
	list(t, "inputs", m.Inputs)
	list(t, "outputs", m.Outputs)
	for _, k := range slices.Sorted(maps.Keys(m.Metadata)) {
		fmt.Fprintf(t, "%s\t%s\n", k, m.Metadata[k])
	}
	names := slices.SortedFunc(maps.Keys(m.Operators), func(a, b string) int { return cmp.Or(m.Operators[b]-m.Operators[a], strings.Compare(a, b)) })
	fmt.Fprintf(t, "nodes\t%s, %d functions\n", count(m.Nodes), m.Functions)
	for _, n := range names {
		fmt.Fprintf(t, "\t%d x %s\n", m.Operators[n], n)
	}
	return t.Flush()
}

func list(w io.Writer, title string, items []string) {
	for i, text := range items {
		if i == maxListed {
			fmt.Fprintf(w, "\tand %d more\n", len(items)-i)
			return
		}
		if i > 0 {
			title = ""
		}
		fmt.Fprintf(w, "%s\t%s\n", title, text)
	}
}
