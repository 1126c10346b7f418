package nn_test

import (
	"slices"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
)

// evaluate gives the value of each output in the reference evaluator.
func evaluate(t *testing.T, b *nn.Builder, feeds map[string]*ir.Tensor, outs ...*ir.Value) [][]float64 {
	t.Helper()
	if b.G.Diags.HasErrors() {
		t.Fatal(b.G.Diags)
	}
	for _, v := range outs {
		b.G.Output(v)
	}
	got, err := b.G.Eval(feeds)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float64
	for _, x := range got {
		all = append(all, x.Data)
	}
	return all
}

func floats(dims []int, x ...float64) *ir.Tensor { return ir.Floats(ir.Float32, dims, x...) }

func builder(views ...plan.ImageType) *nn.Builder {
	return nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: 2}, views)
}

// TestTeacher: before moves towards the old weight and uses the result; after uses the old teacher and moves towards the new weight.
func TestTeacher(t *testing.T) {
	for name, c := range map[string]struct {
		before    bool
		used, new float64
	}{"before": {true, 0.75*4 + 0.25*8, 0.75*4 + 0.25*8}, "after": {false, 4, 0.75*4 + 0.25*16}} {
		t.Run(name, func(t *testing.T) {
			b := builder()
			shape := ir.Named("out", 1)
			m := b.Scalar("teacher_momentum", plan.Curve{Kind: "constant", Base: 0.75})
			s := b.Root().Sub("neck")
			used := s.Teacher(nn.Teacher{Momentum: m, Before: c.before}).Sub("fc").Param("weight", shape, nn.Constant(1))
			w := s.Sub("fc").Param("weight", shape, nn.Constant(1))
			online, st := b.Lookup("neck.fc.weight"), b.Lookup("teacher.neck.fc.weight")
			if st == nil || st.Role != plan.RoleTeacher || !st.PerApply || st.Init != (plan.Init{Kind: "copy", Of: "neck.fc.weight"}) {
				t.Fatalf("the teacher's state is %+v", st)
			}
			if got := b.Trained(); len(got) != 1 || got[0] != online {
				t.Errorf("%d tensors are trained, want the online weight alone", len(got))
			}
			online.New = b.G.Input("updated", ir.Float32, shape)
			b.Follow(nil)
			one := []int{1}
			got := evaluate(t, b, map[string]*ir.Tensor{"scalars": floats(one, 0.75), "neck.fc.weight": floats(one, 8), "teacher.neck.fc.weight": floats(one, 4), "updated": floats(one, 16)}, used, st.New, w)
			for i, want := range []float64{c.used, c.new, 8} {
				if got[i][0] != want {
					t.Errorf("result %d = %g, want %g", i, got[i][0], want)
				}
			}
		})
	}
}

// TestTeacherGradient: what a teacher makes is constant for the online network.
func TestTeacherGradient(t *testing.T) {
	b := builder()
	m := b.Scalar("teacher_momentum", plan.Curve{Kind: "constant", Base: 0.5})
	k := b.Root().Teacher(nn.Teacher{Momentum: m, Before: true}).Param("weight", ir.Shape{}, nn.Constant(1))
	grads, err := nn.Gradient(k, []*ir.Value{b.Lookup("weight").In})
	if err != nil || grads[0] != nil {
		t.Errorf("gradient of the teacher by the online weight = %v, %v; want none", grads, err)
	}
}

// TestFrozenTeacher: what is frozen has no second copy, and running statistics have one of their own.
func TestFrozenTeacher(t *testing.T) {
	b := builder()
	s := b.Root().Teacher(nn.Teacher{Momentum: b.Scalar("m", plan.Curve{Kind: "constant", Base: 0.5})})
	frozen := s.Frozen().Param("weight", ir.Shape{}, nn.Constant(1))
	if st := b.Lookup("weight"); frozen != st.In || !st.Frozen || b.Lookup("teacher.weight") != nil {
		t.Errorf("a frozen weight is not shared with the teacher")
	}
	st := s.Buffer("running_mean", ir.Shape{}, nn.Constant(0))
	if st != b.Lookup("teacher.running_mean") || st.Role != plan.RoleBuffer || st.Init.Of != "running_mean" {
		t.Errorf("the teacher's running mean is %+v", st)
	}
}

// TestCrops: views of one size that stand together make one batch.
func TestCrops(t *testing.T) {
	small, large := plan.ImageType{Channels: 3, Height: 2, Width: 2}, plan.ImageType{Channels: 3, Height: 4, Width: 4}
	var got []string
	for _, x := range builder(large, large, small, small, small, large).Crops() {
		got = append(got, x.Shape.String())
	}
	want := []string{"[batch=4, channel=3, height=4, width=4]", "[batch=6, channel=3, height=2, width=2]", "[batch=2, channel=3, height=4, width=4]"}
	if !slices.Equal(got, want) {
		t.Errorf("crops are %v, want %v", got, want)
	}
}
