package nn

import (
	"strings"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
)

// Teacher says how a copy of a network follows the network that is trained: every parameter by teacher = m·teacher + (1-m)·online. It starts as a copy. Its
// running statistics are its own: they move with the batches that the teacher sees, as MMSelfSup's and the authors' teachers in train mode have it.
//
// He, Fan, Wu, Xie, Girshick 2019, eq. 2 (key encoder); Grill et al. 2020, eq. 1 (target network).
type Teacher struct {
	// Momentum is m, the share of the old value. Shape: [].
	Momentum *ir.Value
	// Before moves the teacher at the start of a step, towards the weights that the last step left, and the step sees it moved, as MoCo does. Else it moves at the step's end, towards the weights
	// that the step made, as BYOL does, and the step sees it as the last one left it.
	Before bool
}

// teacherPrefix is where the names of teachers begin: teacher.backbone.conv1.weight follows backbone.conv1.weight.
const teacherPrefix = "teacher."

// Teacher is the scope of the teacher of what is built in s: the same component built there has its parameters and running statistics under "teacher.", and no
// gradient. With micro-batches it moves once for all of them.
func (s Scope) Teacher(t Teacher) Scope {
	s.path = join(strings.TrimSuffix(teacherPrefix, "."), s.path)
	s.follow = &t
	return s
}

// online is the name of what a teacher's tensor follows.
func online(name string) string { return strings.TrimPrefix(name, teacherPrefix) }

func copyOf(st *State) plan.Init { return plan.Init{Kind: "copy", Of: st.Name} }

// followed is a teacher's parameter. One that is frozen has nothing to follow, and is the network's own.
func (s Scope) followed(name string, shape ir.Shape, init plan.Init) *ir.Value {
	name = join(s.path, name)
	of := s.B.State(online(name), plan.RoleParam, shape, init)
	if of.Frozen = of.Frozen || s.frozen; of.Frozen {
		return of.In
	}
	st := s.B.State(name, plan.RoleTeacher, shape, copyOf(of))
	st.PerApply = true
	if !s.follow.Before {
		st.follows, st.rate = of, s.follow.Momentum
		return st.In
	}
	if st.New == nil {
		st.New = fn.MovingAverage(nil, s.follow.Momentum, st.In, of.In)
	}
	return st.New
}

// Follow moves the teachers that move at a step's end, if it is ok. It is called when the parameters have their new values.
func (b *Builder) Follow(ok *ir.Value) {
	for _, st := range b.States {
		if st.follows == nil {
			continue
		}
		leave := b.G.SetScope("update/" + st.follows.Name)
		st.New, st.Gated = fn.MovingAverage(ok, st.rate, st.In, st.follows.Current()), true
		leave()
	}
}
