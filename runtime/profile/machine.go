package profile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
)

// A probe repeats its work for so long, and so often at least, and counts the fastest time: whoever else uses the machine makes it slower only.
const probeFor, probeLeast = 100 * time.Millisecond, 5

// side of the square matrices that are multiplied, 1 MiB each: they stay in the caches, and a product is over before another process takes the processor.
const side = 512

// Comparable reports whether the steps of a plan for the target are compared with the machine's peaks, which are those of the processor in float32.
func Comparable(t plan.Target) bool { return t.Device == "cpu" && t.Precision == "fp32" }

// PeakFLOPS measures the floating-point operations a second, in float32, that this machine reaches with so many threads inside an operator (0: one per physical core): those of the faster of ONNX
// Runtime's matrix product and that of the native kernels, if there are any. It takes a quarter of a second.
func PeakFLOPS(threads int) (float64, error) {
	best, err := productFLOPS(ort.SessionOptions{Threads: threads}, "MatMul", "")
	if err != nil {
		return 0, fmt.Errorf("measuring the machine's peak: %w", err)
	}
	const kernel = "Linear"
	o := ort.SessionOptions{Threads: threads}
	if names, err := ort.Kernels(); err != nil || !slices.Contains(names, kernel) || o.UseKernels([]string{kernel}) != nil {
		return best, nil
	}
	own, err := productFLOPS(o, kernel, "ai.ssc")
	if err != nil {
		return 0, fmt.Errorf("measuring the peak of the native kernels: %w", err)
	}
	return max(best, own), nil
}

// productFLOPS times the product of two matrices by the operator.
func productFLOPS(o ort.SessionOptions, op, domain string) (rate float64, err error) {
	s, err := ort.NewSession(product(op, domain), o)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	var tensors [3]*ort.Tensor
	for i := range tensors {
		if tensors[i], err = ort.NewTensor("f32", []int{side, side}); err != nil {
			return 0, err
		}
		defer tensors[i].Close()
		for k := range tensors[i].Float32() {
			tensors[i].Float32()[k] = float32(k%7) - 3 // whole numbers: nothing becomes subnormal, which is slow
		}
	}
	b, err := s.Bind(map[string]*ort.Tensor{"x": tensors[0], "w": tensors[1]}, map[string]*ort.Tensor{"y": tensors[2]})
	if err != nil {
		return 0, err
	}
	defer b.Close()
	fastest, err := fastest(func() error { return b.Run(context.Background()) })
	return 2 * side * side * side / fastest.Seconds(), err
}

// product is a model of one node, y = op(x, w) over square matrices: for MatMul x·w, for Linear x·wᵀ. The numbers are those of the fields of onnx.proto.
func product(op, domain string) []byte {
	text := func(b []byte, field protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
	}
	number := func(b []byte, field protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
	}
	matrix := func(name string) string {
		size := string(number(nil, 1, side))                    // Dimension.dim_value
		shape := text(text(nil, 1, size), 1, size)              // TensorShapeProto.dim
		tensor := text(number(nil, 1, 1), 2, string(shape))     // TypeProto.Tensor: float, shape
		typ := text(nil, 1, string(tensor))                     // TypeProto.tensor_type
		return string(text(text(nil, 1, name), 2, string(typ))) // ValueInfoProto: name, type
	}
	node := text(text(text(text(text(nil, 1, "x"), 1, "w"), 2, "y"), 3, "y"), 4, op) // NodeProto: input, output, name, op_type
	node = text(node, 7, domain)
	graph := text(text(nil, 1, string(node)), 2, "product") // GraphProto: node, name
	graph = text(text(text(graph, 11, matrix("x")), 11, matrix("w")), 12, matrix("y"))
	opset := func(domain string, version uint64) string { return string(number(text(nil, 1, domain), 2, version)) }
	model := text(number(nil, 1, 8), 7, string(graph)) // ModelProto: ir_version, graph, opset_import
	return text(text(model, 8, opset("", 18)), 8, opset("ai.ssc", 1))
}

// copied is the size of the block that is copied, in bytes: beyond the caches of one processor.
const copied = 64 << 20

// PeakBytes measures the bytes a second that threads goroutines copy together from one block of memory to another, what is read and what is written counted. It takes a quarter of a second.
func PeakBytes(threads int) (float64, error) {
	var blocks [2]*ort.Tensor
	for i := range blocks {
		var err error
		if blocks[i], err = ort.NewTensor("u8", []int{copied}); err != nil {
			return 0, fmt.Errorf("measuring the speed of memory: %w", err)
		}
		defer blocks[i].Close()
	}
	from, to := blocks[0].Uint8(), blocks[1].Uint8()
	done := make(chan bool, threads)
	fastest, err := fastest(func() error {
		for i := range threads {
			begin, end := copied*i/threads, copied*(i+1)/threads
			go func() { copy(to[begin:end], from[begin:end]); done <- true }()
		}
		for range threads {
			<-done
		}
		return nil
	})
	return 2 * copied / fastest.Seconds(), err
}

// fastest is the least time that f took. The first call, in which buffers are made, does not count.
func fastest(f func() error) (least time.Duration, err error) {
	if err := f(); err != nil {
		return 0, err
	}
	began := time.Now()
	for n := 0; n < probeLeast || time.Since(began) < probeFor; n++ {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		if d := time.Since(start); least == 0 || d < least {
			least = d
		}
	}
	return least, nil
}
