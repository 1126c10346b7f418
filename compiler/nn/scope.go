package nn

import (
	"ssc/compiler/ir"
	"ssc/compiler/plan"
)

// Scope is a place in the network: it prefixes the names of the parameters made in it, "backbone.layer1.0" and so on, and says how norms behave
// there. Scopes are values; the methods that change one return a changed copy.
type Scope struct {
	B      *Builder
	path   string
	frozen bool
	eval   bool
	groups int
	follow *Teacher // nil: the network is trained
}

// Root is the scope without a prefix.
func (b *Builder) Root() Scope { return Scope{B: b, eval: !b.Training, groups: 1} }

// Sub is the scope of a part.
func (s Scope) Sub(name string) Scope {
	s.path = join(s.path, name)
	return s
}

// Path is the dotted prefix.
func (s Scope) Path() string { return s.path }

// Frozen makes the parameters of this scope constants of training.
func (s Scope) Frozen() Scope { s.frozen = true; return s }

// Eval makes norms use their running statistics and leave them alone.
func (s Scope) Eval() Scope { s.eval = true; return s }

// IsEval reports whether norms use their running statistics here.
func (s Scope) IsEval() bool { return s.eval }

// Groups makes batch norms take statistics over n equal contiguous parts of the batch, each on its own (the views of a batch, say).
func (s Scope) Groups(n int) Scope { s.groups = n; return s }

// Enter makes the scope's path the prefix of the graph values built until the returned function is called.
func (s Scope) Enter() func() { return s.B.G.SetScope(s.path) }

// Param is a trained weight, or in the scope of a teacher the copy that follows it.
func (s Scope) Param(name string, shape ir.Shape, init plan.Init) *ir.Value {
	if s.follow != nil {
		return s.followed(name, shape, init)
	}
	st := s.B.State(join(s.path, name), plan.RoleParam, shape, init)
	st.Frozen = st.Frozen || s.frozen
	return st.In
}

// Buffer is state that the step updates by other means than gradients.
func (s Scope) Buffer(name string, shape ir.Shape, init plan.Init) *State {
	if s.follow != nil {
		online := s.B.State(online(join(s.path, name)), plan.RoleBuffer, shape, init)
		init = copyOf(online)
	}
	return s.B.State(join(s.path, name), plan.RoleBuffer, shape, init)
}

// Current is the value of the state at this point of the step: the last one given to it, or the one it began with.
func (st *State) Current() *ir.Value {
	if st.New != nil {
		return st.New
	}
	return st.In
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}
