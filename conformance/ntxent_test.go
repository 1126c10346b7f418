package conformance

import (
	"testing"

	"ssc/compiler/algorithm"
	"ssc/compiler/backbone"
	"ssc/compiler/ir"
	"ssc/compiler/neck"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// pixels is a backbone and a neck that hand their input on, flattened: the algorithm then works on the views themselves.
type pixels struct{}

func (pixels) Args(*schema.Set) {}

func (pixels) Forward(_ nn.Scope, x *ir.Value) []*ir.Value { return []*ir.Value{nn.Flatten(x)} }

type handOn struct{}

func (handOn) Args(*schema.Set) {}

func (handOn) Forward(_ nn.Scope, x []*ir.Value) []*ir.Value { return x }

var (
	_ = backbone.Table.Register(schema.Entry[backbone.Backbone]{Info: forTests("pixels"), New: func() backbone.Backbone { return pixels{} }})
	_ = neck.Table.Register(schema.Entry[neck.Neck]{Info: forTests("hand_on"), New: func() neck.Neck { return handOn{} }})
)

func forTests(name string) schema.Info {
	return schema.Info{Name: name, Doc: "The input as it is.", Paper: schema.Paper{None: "made for tests"}}
}

// TestNTXent compares SimCLR's loss and its gradient with the reference: the algorithm's normalisation and similarities, and the head.
func TestNTXent(t *testing.T) {
	var p struct {
		Cases map[string]struct {
			Images, Dim int
			Temperature float64
		}
	}
	ref := oracle(t, "ntxent", &p)
	for name, c := range p.Cases {
		// In both orders of the reference's rows the algorithm gets the same two views.
		orders := map[string]func(view, image int) int{
			"view_major":  func(view, image int) int { return view*c.Images + image },
			"image_major": func(view, image int) int { return 2*image + view },
		}
		for order, row := range orders {
			t.Run(name+"/"+order, func(t *testing.T) {
				g := ntxentGraph(t, c.Images, c.Dim, c.Temperature)
				z := ref.tensor(t, name+"/"+order+"/z")
				for v := range 2 {
					x := ir.NewTensor(ir.Float32, c.Images, c.Dim, 1, 1)
					for i := range c.Images {
						copy(x.Data[i*c.Dim:(i+1)*c.Dim], z.Data[row(v, i)*c.Dim:])
					}
					g.feeds[[]string{"view0", "view1"}[v]] = x
				}
				check := func(out []*ir.Tensor, bound float64) {
					grad := make([]float64, len(z.Data))
					for v := range 2 {
						for i := range c.Images {
							copy(grad[row(v, i)*c.Dim:(row(v, i)+1)*c.Dim], out[1+v].Data[i*c.Dim:])
						}
					}
					ref.want(t, name+"/"+order+"/loss", out[0].Data, bound)
					ref.want(t, name+"/"+order+"/grad", grad, bound)
				}
				out, err := g.Eval(g.feeds)
				if err != nil {
					t.Fatal(err)
				}
				check(out, exact)
				check(g.execute(t), single)
			})
		}
	}
}

// single is the bound of losses and optimizers in float32.
const single = 1e-5

// ntxentGraph computes the loss and its gradients by the two views.
func ntxentGraph(t *testing.T, images, dim int, temperature float64) *comparison {
	t.Helper()
	a := algorithm.Table.New("simclr")
	err := schema.DecodeJSON(a, schema.Spec{Type: "algorithm", Label: "simclr", Blocks: []schema.Spec{
		{Type: "backbone", Label: "pixels"}, {Type: "neck", Label: "hand_on"},
		{Type: "head", Label: "contrastive", Args: map[string]any{"temperature": temperature}}}})
	if err != nil {
		t.Fatal(err)
	}
	image := plan.ImageType{Channels: dim, Height: 1, Width: 1, Normalized: true}
	b := nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: images}, []plan.ImageType{image, image})
	loss := a.Loss(b)
	if b.G.Diags.HasErrors() {
		t.Fatal(b.G.Diags)
	}
	grads, err := nn.Gradient(loss, []*ir.Value{b.View(0), b.View(1)})
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{Graph: b.G, feeds: map[string]*ir.Tensor{}}
	c.output("loss", loss)
	for _, g := range grads {
		c.output("grad", g)
	}
	return c
}
