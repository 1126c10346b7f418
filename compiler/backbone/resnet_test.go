package backbone_test

import (
	"fmt"
	"testing"

	"ssc/compiler/backbone"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// TestResNetParameters counts trained numbers. Those wanted are what the classes of MMClassification 0.25 count, which MMSelfSup's are made of; torchvision's are the same where it has the network.
func TestResNetParameters(t *testing.T) {
	for _, c := range []struct {
		label string
		args  map[string]any
		want  int
	}{
		{"resnet", map[string]any{"depth": 18}, 11176512}, {"resnet", map[string]any{"depth": 34}, 21284672}, {"resnet", map[string]any{"depth": 50}, 23508032},
		{"resnet", map[string]any{"depth": 101}, 42500160}, {"resnet", map[string]any{"depth": 152}, 58143808},
		{"resnet", map[string]any{"depth": 50, "with_sobel": true}, 23504896}, {"resnet", map[string]any{"depth": 34, "deep_stem": true}, 21303904},
		{"resnet", map[string]any{"depth": 50, "avg_down": true}, 23508032},
		{"resnetv1d", map[string]any{"depth": 18}, 11195744}, {"resnetv1d", map[string]any{"depth": 50}, 23527264}, {"resnetv1d", map[string]any{"depth": 101}, 42519392},
		{"resnetv1d", map[string]any{"depth": 152}, 58163040},
		{"resnext", map[string]any{"depth": 50}, 22979904}, {"resnext", map[string]any{"depth": 101}, 42128704}, {"resnext", map[string]any{"depth": 152}, 57902400},
		{"resnext", map[string]any{"depth": 101, "width_per_group": 8}, 86742336}, {"resnext", map[string]any{"depth": 50, "groups": 1}, 23508032},
	} {
		t.Run(fmt.Sprint(c.label, c.args), func(t *testing.T) {
			net := backbone.Table.New(c.label)
			if err := schema.DecodeJSON(net, schema.Spec{Type: "backbone", Label: c.label, Args: c.args}); err != nil {
				t.Fatal(err)
			}
			b := nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: 2}, []plan.ImageType{{Channels: 3, Height: 64, Width: 64}})
			net.Forward(b.Root(), b.View(0))
			if b.G.Diags.HasErrors() {
				t.Fatal(b.G.Diags)
			}
			got := 0
			for _, p := range b.Trained() {
				got += p.In.Shape.Elems()
			}
			if got != c.want {
				t.Errorf("%d parameters, want %d", got, c.want)
			}
		})
	}
}
