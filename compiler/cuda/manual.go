package cuda

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	own "ssc/kernels/cuda"
)

// Manual is the table as a page of the manual, in Markdown.
func Manual() string {
	var b strings.Builder
	b.WriteString("# CUDA\n\nWhat ONNX Runtime's CUDA provider computes of the operators that graphs may hold, at ONNX opset 18. A pipeline that is compiled for a GPU is compared with it, functions replaced by their bodies; " +
		"a node that is not served is an error at the block that it comes from. Types are those of each input, the last of all that follow; inputs on the host are constants. This page is printed from the code.\n\n" +
		"| operator | types of the inputs | on the host | not served |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(kernels)) {
		k := kernels[name]
		var in, host []string
		for _, t := range k.in {
			in = append(in, t.String())
		}
		for _, i := range k.host {
			host = append(host, fmt.Sprint(i))
		}
		not := k.without
		if k.hostOut {
			not = "anything that reads its result"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, strings.Join(in, "; "), strings.Join(host, ", "), not)
	}
	b.WriteString("\n## Kernels of our own\n\nThese functions run by kernels that ssc brings (see kernels/cuda), where their calls have these types: f is f32, i is i64, b is bool, x is f32 or bf16, the same for all x of a call; what has a ? " +
		"may be absent. A call that a kernel does not take runs by its body, on the operators above. So do linear layers, and in float32 convolutions and attention, whose products NVIDIA's libraries make there.\n\n| function | inputs | results | source |\n|---|---|---|---|\n")
	for _, name := range Own() {
		f := own.Lookup(name)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, f.In, f.Out, f.Source)
	}
	return b.String()
}
