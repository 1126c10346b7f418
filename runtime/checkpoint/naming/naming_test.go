package naming

import "testing"

// TestOurs has a name of each project's files.
func TestOurs(t *testing.T) {
	for name, want := range map[string]string{
		"conv1.weight":                      "backbone.conv1.weight", // torchvision, SwAV
		"layer4.2.downsample.1.running_var": "backbone.layer4.2.downsample.1.running_var",
		"bn1.num_batches_tracked":           "backbone.bn1.num_batches_tracked",
		"class_token":                       "backbone.cls_token",
		"encoder.pos_embedding":             "backbone.pos_embed",
		"encoder.ln.bias":                   "backbone.ln1.bias",
		"encoder.layers.encoder_layer_11.self_attention.in_proj_weight": "backbone.layers.11.attn.qkv.weight",
		"encoder.layers.encoder_layer_0.mlp.3.bias":                     "backbone.layers.0.ffn.layers.1.bias",
		"blocks.7.mlp.fc1.weight":                                       "backbone.layers.7.ffn.layers.0.0.weight", // timm, MAE, DINO
		"norm.weight":                                                   "backbone.ln1.weight",
		"patch_embed.proj.bias":                                         "backbone.patch_embed.projection.bias",
		"backbone.blocks.0.norm2.weight":                                "backbone.layers.0.ln2.weight", // DINO with its head
		"backbone.layers.3.attn.proj.bias":                              "backbone.layers.3.attn.proj.bias",
		"encoder_q.layer1.0.bn3.weight":                                 "backbone.layer1.0.bn3.weight", // MoCo
		"encoder_k.layer1.0.bn3.weight":                                 "teacher.backbone.layer1.0.bn3.weight",
		"base_encoder.blocks.0.attn.qkv.weight":                         "backbone.layers.0.attn.qkv.weight", // MoCo v3
		"momentum_encoder.cls_token":                                    "teacher.backbone.cls_token",
		"encoder_q.0.conv1.weight":                                      "backbone.conv1.weight", // OpenSelfSup, MMSelfSup
		"encoder_q.1.mlp.0.weight":                                      "neck.mlp.0.weight",
		"target_net.module.0.conv1.weight":                              "teacher.backbone.conv1.weight",
		"target_net.1.bn0.running_mean":                                 "teacher.neck.bn0.running_mean",
		"encoder.1.fc0.weight":                                          "neck.fc0.weight",
		"neck.fc0.weight":                                               "neck.fc0.weight",
		"head.predictor.fc0.bias":                                       "head.predictor.fc0.bias",
		"queue_ptr":                                                     "queue_ptr",
		// others keep their names
		"encoder_q.fc.0.weight": "", "projection_head.0.weight": "", "prototypes.weight": "", "fc.weight": "", "mask_token": "", "decoder_blocks.0.norm1.weight": "",
		"conv1.weight_orig": "", "blocks.x.norm1.weight": "", "backbone.fc.weight": "", "headless.weight": "", "": "",
	} {
		got, ok := Ours(name)
		if ok != (want != "") || ok && got != want || !ok && got != name {
			t.Errorf("Ours(%q) = %q, %t, want %q", name, got, ok, want)
		}
	}
}

// TestBack: what another program calls a tensor is ours again.
func TestBack(t *testing.T) {
	for program, table := range tables {
		for _, p := range table {
			name := p.ours
			if name[len(name)-1] == '.' {
				name += "weight"
			}
			for i, c := range name {
				if c == 'N' {
					name = name[:i] + "10" + name[i+1:]
					break
				}
			}
			to, ok := Theirs(program, name)
			back, ok2 := Ours(to)
			if !ok || !ok2 || back != "backbone."+name {
				t.Errorf("%s calls %s %q, %t, which is %q, %t", program, name, to, ok, back, ok2)
			}
		}
	}
	if to, ok := Theirs("timm", "relative_position_bias"); ok {
		t.Errorf("timm calls relative_position_bias %q", to)
	}
}
