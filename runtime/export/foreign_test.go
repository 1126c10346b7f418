package export

import "testing"

// TestForeignNames checks names of other programs; runtime/export/testdata/check.py loads whole files into them.
func TestForeignNames(t *testing.T) {
	for _, c := range []struct {
		program              Foreign
		backbone, name, want string
	}{
		{Torchvision, "resnet", "layer1.0.downsample.1.running_mean", "layer1.0.downsample.1.running_mean"},
		{Timm, "vision_transformer", "layers.11.ffn.layers.0.0.weight", "blocks.11.mlp.fc1.weight"},
		{Timm, "vision_transformer", "ln1.bias", "norm.bias"},
		{Torchvision, "vision_transformer", "layers.3.attn.qkv.bias", "encoder.layers.encoder_layer_3.self_attention.in_proj_bias"},
		{Torchvision, "vision_transformer", "pos_embed", "encoder.pos_embedding"},
		{MMSelfSup, "vision_transformer", "layers.3.attn.qkv.bias", "layers.3.attn.qkv.bias"},
		{MMDet, "swin_transformer", "stages.0.norm.weight", "stages.0.norm.weight"},
		{Timm, "swin_transformer", "stages.0.norm.weight", ""},
		{Torchvision, "vision_transformer", "relative_position_bias", ""},
	} {
		got, err := c.program.Name(c.backbone, c.name)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: Name(%s, %s) = %q, %v, want %q", c.program, c.backbone, c.name, got, err, c.want)
		}
	}
}
