package backbone

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Backbone]{Info: schema.Info{Name: "resnetv1d",
	Doc: "ResNet-D: a residual network with a stem of three 3x3 convolutions, the first two with half the channels, whose shortcuts average where they have a stride before a 1x1 convolution of stride 1, so " +
		"that none leaves pixels out. It is resnet with deep_stem and avg_down.",
	Equation: "y = relu(s(x) + f(x)), s = mean2x2-conv1x1-bn where the map shrinks",
	Paper:    schema.Paper{Authors: "He, Zhang, Zhang, Zhang, Xie, Li", Title: "Bag of Tricks for Image Classification with Convolutional Neural Networks", Year: 2018, ID: "1812.01187"},
	Before:   "backbone=dict(type='ResNetV1d', depth=50)",
}, New: func() Backbone { return &resnetv1d{} }})

type resnetv1d struct{ net resnet }

func (r *resnetv1d) Args(s *schema.Set) {
	r.net.declare(s, resnetDepth, resnetDepths...)
	r.net.deepStem, r.net.avgDown = true, true
}

func (r *resnetv1d) Check(rep *schema.Report) { r.net.Check(rep) }

// Forward names parameters as MMSelfSup does: stem.0.conv, stem.0.bn, layer2.0.downsample.1, ….
func (r *resnetv1d) Forward(s nn.Scope, x *ir.Value) []*ir.Value {
	defer s.At(r)()
	return r.net.forward(s, x)
}
