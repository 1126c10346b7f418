package cuda

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/ir"
)

// Check finds the nodes of g, which holds no functions, that the CUDA provider would not run on the device. An error points at the block that a node comes from, or at whole where none
// caused it; several nodes of one block with one fault are one error. Constants are no nodes: they become initializers.
func Check(g *ir.Graph, whole hcl.Range) (diags hcl.Diagnostics) {
	seen := map[string]bool{}
	for _, n := range g.Nodes {
		if n.Out[0].Const() != nil {
			continue
		}
		why, mend := fault(n)
		if why == "" {
			continue
		}
		at := n.Range
		if at == (hcl.Range{}) {
			at = whole
		}
		detail := fmt.Sprintf("%s, which computes %s in the graph %q, cannot run on a GPU: %s. %s", n.Op.Name(), n.Out[0], g.Name, why, mend)
		if key := fmt.Sprint(at, n.Op.Name(), why); !seen[key] {
			seen[key] = true
			diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Not served by CUDA", Detail: detail, Subject: &at})
		}
	}
	return diags
}

// fault says why a node does not run on the device, and what to do; empty when it does.
func fault(n *ir.Node) (why, mend string) {
	const another = "Use another component for this block, or compile for the processor with -device cpu."
	k, ok := kernels[n.Op.Name()]
	if !ok {
		return "ONNX Runtime's CUDA provider has no kernel for it", another
	}
	if k.hostOut {
		return "its result would lie in the memory of the processor, and what reads it would be computed there", another
	}
	if k.without != "" && set(n.Op, k.without) {
		return "the CUDA provider does not take its attribute " + k.without, another
	}
	for i, v := range n.In {
		if v == nil {
			continue
		}
		if want := k.types(i); !want.has(v.DType) {
			if v.DType == ir.BFloat16 {
				return fmt.Sprintf("its input %d is %s, and the CUDA provider takes %s there", i, v.DType, want), `Write precision = "fp32" in the block train, or compile for the processor with -device cpu.`
			}
			return fmt.Sprintf("its input %d is %s, and the CUDA provider takes %s there", i, v.DType, want), another
		}
		if slices.Contains(k.host, i) && v.Const() == nil {
			return fmt.Sprintf("its input %d is read on the processor, but %s is computed in the step", i, v), another
		}
	}
	return "", ""
}

// types are those of the input i.
func (k kernel) types(i int) types { return k.in[min(i, len(k.in)-1)] }

// set reports whether an attribute is there and not zero.
func set(op ir.Op, name string) bool {
	v := ir.Attribute(op, name)
	return v != nil && v != 0 && v != false
}

func (t types) String() string {
	var names []string
	for d := ir.Float32; d <= ir.Int8; d++ {
		if t.has(d) {
			names = append(names, d.String())
		}
	}
	return strings.Join(names, ", ")
}
