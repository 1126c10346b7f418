// Package conformance compares ssc with others, from outside: every sample of every operator and function in ONNX Runtime with the
// reference evaluator (functions by their bodies); networks, losses, optimizers, schedules, votes and whole training steps with the
// results of PyTorch in testdata/oracle; the guard of a step with what it promises; the imports and sizes of the code with the architecture's rules.
package conformance

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
	"ssc/compiler/op/optest"
	"ssc/runtime/ort"
)

// defaultTol is that of samples which state none; see ir.Sample.
const defaultTol = 1e-5

// exceptions are what stock ONNX Runtime cannot do, by name of the case, and why; samples state theirs in NoRuntime. The list is
// strict: a case that begins to pass must go.
var exceptions = map[string]string{}

func TestMain(m *testing.M) {
	if err := ort.Init(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// samples lists those of all operators and functions.
func samples() []ir.Sample {
	var list []ir.Sample
	for _, name := range op.Names() {
		o, _ := op.Lookup(name)
		list = append(list, o.Doc().Samples...)
	}
	for _, name := range fn.Names() {
		f, _ := fn.Lookup(name)
		list = append(list, f.Doc().Samples...)
	}
	return list
}

func TestSamples(t *testing.T) {
	for _, s := range samples() {
		t.Run(optest.Name(s), func(t *testing.T) {
			c, err := optest.NewCase(s)
			if err != nil {
				t.Fatal(err)
			}
			judge(t, c)
			if s.NoGrad != "" || s.NoRuntime != "" {
				return
			}
			d, err := optest.Differentiated(c)
			if err != nil {
				t.Fatal(err)
			}
			if d != nil {
				judge(t, d)
			}
		})
	}
}

// TestExceptionsExist: every exception names a sample, or a sample's gradient.
func TestExceptionsExist(t *testing.T) {
	known := map[string]bool{}
	for _, s := range samples() {
		known[optest.Name(s)], known[optest.Name(s)+"/gradient"] = true, true
	}
	for name := range exceptions {
		if !known[name] {
			t.Errorf("the exception %s is no case", name)
		}
	}
}

// judge fails the test unless the case passes, or is an exception and does not.
func judge(t *testing.T, c *optest.Case) {
	t.Helper()
	why, ok := exceptions[c.Name]
	if !ok {
		why = c.Sample.NoRuntime
	}
	err := compare(t, c)
	switch {
	case err != nil && why == "":
		t.Errorf("%s: %v\n%s", c.Name, err, c.Graph)
	case err == nil && why != "":
		t.Errorf("%s is an exception (%s), but passes", c.Name, why)
	}
}

// compare runs the case's model as it is, and as ONNX Runtime rewrites it by default.
func compare(t *testing.T, c *optest.Case) error {
	model, err := onnx.Emit(c.Graph, onnx.Options{Producer: "ssc"})
	if err != nil {
		return err
	}
	want, err := c.Graph.Eval(c.Feeds)
	if err != nil {
		return err
	}
	for name, level := range map[string]ort.OptLevel{"as emitted": ort.OptOff, "optimised": ort.OptAll} {
		got, err := execute(t, model, level, c)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for i, v := range c.Graph.Outputs {
			tol := c.Sample.Tol
			if tol == 0 {
				tol = defaultTol
			}
			switch {
			case !v.DType.IsFloat():
				tol = 0
			case v.DType == ir.BFloat16:
				tol = max(tol, bfloat16Tol)
			}
			if err := optest.Close(got[i], want[i], tol); err != nil {
				return fmt.Errorf("%s: output %s: %w", name, v, err)
			}
		}
	}
	return nil
}

// execute runs a model on the case's inputs.
func execute(t *testing.T, model []byte, level ort.OptLevel, c *optest.Case) ([]*ir.Tensor, error) {
	return runSession(t, model, ort.SessionOptions{Threads: 1, OptLevel: level}, c.Graph, c.Feeds)
}

// runModel runs a model of the graph with the default options.
func runModel(t *testing.T, model []byte, g *ir.Graph, feeds map[string]*ir.Tensor) ([]*ir.Tensor, error) {
	return runSession(t, model, ort.SessionOptions{Threads: 1}, g, feeds)
}

func runSession(t *testing.T, model []byte, o ort.SessionOptions, g *ir.Graph, feeds map[string]*ir.Tensor) (got []*ir.Tensor, err error) {
	err = inSession(t, model, o, g, feeds, func(b *ort.Binding, out map[string]*ort.Tensor) error {
		if err := b.Run(t.Context()); err != nil {
			return err
		}
		for _, v := range g.Outputs {
			x, err := fromRuntime(out[v.Name])
			if err != nil {
				return err
			}
			got = append(got, x)
		}
		return nil
	})
	return got, err
}

// inSession calls f with a session of a model whose inputs and outputs are bound.
func inSession(t *testing.T, model []byte, o ort.SessionOptions, g *ir.Graph, feeds map[string]*ir.Tensor, f func(b *ort.Binding, out map[string]*ort.Tensor) error) error {
	s, err := ort.NewSession(model, o)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	in, out := map[string]*ort.Tensor{}, map[string]*ort.Tensor{}
	defer func() {
		for _, side := range []map[string]*ort.Tensor{in, out} {
			for _, x := range side {
				x.Close()
			}
		}
	}()
	for name, x := range feeds {
		if in[name], err = toRuntime(x); err != nil {
			return err
		}
	}
	for _, v := range g.Outputs {
		if out[v.Name], err = ort.NewTensor(v.DType.String(), v.Shape.Sizes()); err != nil {
			return err
		}
	}
	b, err := s.Bind(in, out)
	if err != nil {
		return err
	}
	return f(b, out)
}

func toRuntime(x *ir.Tensor) (*ort.Tensor, error) {
	t, err := ort.NewTensor(x.DType.String(), x.Dims)
	if err != nil {
		return nil, err
	}
	switch x.DType {
	case ir.Float32:
		convert(t.Float32(), x.Data)
	case ir.Float64:
		convert(t.Float64(), x.Data)
	case ir.BFloat16:
		for i, v := range x.Data {
			binary.NativeEndian.PutUint16(t.Bytes()[2*i:], uint16(math.Float32bits(float32(v))>>16)) // what a test feeds is of that type already
		}
	case ir.Int64:
		convert(t.Int64(), x.Data)
	case ir.Int32:
		convert(t.Int32(), x.Data)
	case ir.Uint8:
		convert(t.Uint8(), x.Data)
	case ir.Int8:
		convert(t.Int8(), x.Data)
	case ir.Bool:
		for i, v := range x.Data {
			t.Bool()[i] = v != 0
		}
	default:
		t.Close()
		return nil, fmt.Errorf("inputs of type %s are not run", x.DType)
	}
	return t, nil
}

func fromRuntime(t *ort.Tensor) (*ir.Tensor, error) {
	d, ok := ir.ParseDType(t.DType())
	if !ok {
		return nil, fmt.Errorf("ONNX Runtime gives the element type %s", t.DType())
	}
	x := ir.NewTensor(d, t.Dims()...)
	switch d {
	case ir.Float32:
		convert(x.Data, t.Float32())
	case ir.Float64:
		convert(x.Data, t.Float64())
	case ir.BFloat16:
		for i := range x.Data {
			x.Data[i] = float64(math.Float32frombits(uint32(binary.NativeEndian.Uint16(t.Bytes()[2*i:])) << 16))
		}
	case ir.Int64:
		convert(x.Data, t.Int64())
	case ir.Int32:
		convert(x.Data, t.Int32())
	case ir.Uint8:
		convert(x.Data, t.Uint8())
	case ir.Int8:
		convert(x.Data, t.Int8())
	case ir.Bool:
		for i, v := range t.Bool() {
			if v {
				x.Data[i] = 1
			}
		}
	default:
		return nil, fmt.Errorf("outputs of type %s are not run", d)
	}
	return x, nil
}

type number interface {
	~float32 | ~float64 | ~int | ~int64 | ~int32 | ~uint8 | ~int8
}

func convert[T, U number](to []T, from []U) {
	for i, v := range from {
		to[i] = T(v)
	}
}
