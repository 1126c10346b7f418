package algorithm

import (
	"math"

	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

// margin are the arguments of what makes a positive less similar than it is, or, where it is negative, more.
type margin struct {
	cosOn, arcOn bool
	cos, arc     float64
}

// declare declares them for a branch of the loss, "intra" or "inter".
func (m *margin) declare(s *schema.Set, branch string, on bool, cos float64) {
	of := map[string]string{"intra": "MoCo's loss", "inter": "the loss between images"}[branch]
	s.Bool(&m.cosOn, branch+"_cos_margin_loss", on, "whether "+branch+"_cos_margin is taken from the similarity of the positive in "+of+" (MMSelfSup writes marign)")
	s.Float(&m.cos, branch+"_cos_margin", cos, "that margin; one below 0 is added, and makes the boundary less strict", schema.Between(-2, 2))
	s.Bool(&m.arcOn, branch+"_arc_margin_loss", false, "whether "+branch+"_arc_margin is added to the angle of the positive in "+of+" (MMSelfSup writes marign)")
	s.Float(&m.arc, branch+"_arc_margin", 0, "that margin, in radians", schema.Between(-math.Pi, math.Pi))
}

// check refuses two margins in one loss.
func (m *margin) check(r *schema.Report, branch string) {
	if m.cosOn && m.arcOn {
		r.Errorf(branch+"_arc_margin_loss", "Two margins", "The %s loss has both a margin of cosines and one of angles. Write %s_cos_margin_loss = false, or leave %s_arc_margin_loss out.", branch, branch, branch)
	}
}

// apply gives similarities c = cos θ, [batch, 1], their margin: c - cos, or cos(θ + arc). Where θ + arc leaves [0, π] the latter goes on as c + arc·sin arc for a margin below 0, and as c - arc·sin arc for another, as MMSelfSup
// and ArcFace (Deng, Guo, Xue, Zafeiriou 2019) have it. Of a c beyond 1, as rounding makes it, the angle is taken for 1e-6: MMSelfSup's gradient is NaN there.
func (m *margin) apply(c *ir.Value) *ir.Value {
	number := func(x float64) *ir.Value { return op.Scalar(c, x) }
	switch {
	case m.cosOn:
		return op.Sub(c, number(m.cos))
	case m.arcOn:
		sine := op.Sqrt(op.Max(op.Sub(number(1), op.Mul(c, c)), number(1e-12)))
		turned := op.Sub(op.Mul(c, number(math.Cos(m.arc))), op.Mul(sine, number(math.Sin(m.arc))))
		if m.arc < 0 {
			return op.Where(op.Less(c, number(math.Cos(m.arc))), turned, op.Add(c, number(m.arc*math.Sin(m.arc))))
		}
		return op.Where(op.Greater(c, number(-math.Cos(m.arc))), turned, op.Sub(c, number(m.arc*math.Sin(m.arc))))
	}
	return c
}
