package backbone

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Backbone]{Info: schema.Info{Name: "resnext",
	Doc: "Residual network of bottlenecks whose 3x3 convolution has groups, each of which sees its own channels. In the first stage a group has width_per_group channels, twice as many in each further " +
		"stage; the defaults are the network 32x4d. Parameters have the names of torchvision's.",
	Equation: "y = relu(x + f(x)), f = conv1x1-bn-relu-conv3x3(groups)-bn-relu-conv1x1-bn",
	Paper:    schema.Paper{Authors: "Xie, Girshick, Dollár, Tu, He", Title: "Aggregated Residual Transformations for Deep Neural Networks", Year: 2016, ID: "1611.05431"},
	Before:   "backbone=dict(type='ResNeXt', depth=50, groups=32, width_per_group=4)",
}, New: func() Backbone { return &resnext{} }})

type resnext struct{ net resnet }

func (r *resnext) Args(s *schema.Set) {
	r.net.declare(s, "number of layers by the paper's count", 50, 101, 152)
	s.Int(&r.net.groups, "groups", 32, "groups of the 3x3 convolutions; 1 is a ResNet", schema.Positive)
	s.Int(&r.net.groupWidth, "width_per_group", 4, "channels of a group in the first stage", schema.Positive)
	r.net.declareVariants(s)
}

func (r *resnext) Check(rep *schema.Report) { r.net.Check(rep) }

// Forward names parameters as torchvision does.
func (r *resnext) Forward(s nn.Scope, x *ir.Value) []*ir.Value {
	defer s.At(r)()
	return r.net.forward(s, x)
}
