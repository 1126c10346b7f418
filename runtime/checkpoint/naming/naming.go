// Package naming translates the names of tensors between ssc and other programs: torchvision, timm, and the projects that publish weights of self-supervised methods.
//
// A backbone's parameters have one name in ssc: a ResNet's those of torchvision, which are everybody's, and a vision transformer's those of MMClassification. [Theirs] gives what
// another program calls one; [Ours] goes the other way, for a whole file, whose names also tell the method that the network is inside of.
//
// Neighbours: runtime/export writes weights for other programs, `ssc migrate weights` reads theirs.
package naming

import (
	"regexp"
	"strings"
)

// pair are the beginnings of one parameter's names; N stands for the number of a block.
type pair struct{ ours, theirs string }

// tables are the names of vision transformers, by the program. What ends in a dot has a weight and a bias; in torchvision the dot of in_proj is an underscore.
var tables = map[string][]pair{
	"timm": {
		{"patch_embed.projection.", "patch_embed.proj."},
		{"layers.N.ln1.", "blocks.N.norm1."}, {"layers.N.attn.qkv.", "blocks.N.attn.qkv."}, {"layers.N.attn.proj.", "blocks.N.attn.proj."},
		{"layers.N.ln2.", "blocks.N.norm2."}, {"layers.N.ffn.layers.0.0.", "blocks.N.mlp.fc1."}, {"layers.N.ffn.layers.1.", "blocks.N.mlp.fc2."},
		{"ln1.", "norm."}, {"cls_token", "cls_token"}, {"pos_embed", "pos_embed"},
	},
	"torchvision": {
		{"patch_embed.projection.", "conv_proj."},
		{"layers.N.ln1.", "encoder.layers.encoder_layer_N.ln_1."}, {"layers.N.attn.qkv.", "encoder.layers.encoder_layer_N.self_attention.in_proj_"},
		{"layers.N.attn.proj.", "encoder.layers.encoder_layer_N.self_attention.out_proj."}, {"layers.N.ln2.", "encoder.layers.encoder_layer_N.ln_2."},
		{"layers.N.ffn.layers.0.0.", "encoder.layers.encoder_layer_N.mlp.0."}, {"layers.N.ffn.layers.1.", "encoder.layers.encoder_layer_N.mlp.3."},
		{"ln1.", "encoder.ln."}, {"cls_token", "class_token"}, {"pos_embed", "encoder.pos_embedding"},
	},
}

// rule replaces the beginning of a name.
type rule struct {
	from *regexp.Regexp
	to   string
}

// theirs are the rules from our names to those of each program; ours those from all of them to ours, our own names included.
var theirs, ours = compile()

func compile() (map[string][]rule, []rule) {
	forward, back := map[string][]rule{}, []rule{{regexp.MustCompile(`^((?:conv1|bn1|layer[1-4]\.\d+\.(?:conv[123]|bn[123]|downsample\.[01]))\.(?:weight|bias|running_mean|running_var|num_batches_tracked))$`), "$1"}}
	for _, program := range []string{"timm", "torchvision"} {
		for _, p := range tables[program] {
			forward[program] = append(forward[program], between(p.ours, p.theirs))
			back = append(back, between(p.theirs, p.ours), between(p.ours, p.ours))
		}
	}
	return forward, back
}

func between(from, to string) rule {
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(from), "N", `(\d+)`)
	if strings.HasSuffix(from, ".") || strings.HasSuffix(from, "_") {
		pattern += "(weight|bias)$"
		to += "N"
	} else {
		pattern += "$"
	}
	for group := 1; strings.Contains(to, "N"); group++ {
		to = strings.Replace(to, "N", "${"+string(rune('0'+group))+"}", 1)
	}
	return rule{regexp.MustCompile(pattern), to}
}

func apply(list []rule, name string) (string, bool) {
	for _, r := range list {
		if r.from.MatchString(name) {
			return r.from.ReplaceAllString(name, r.to), true
		}
	}
	return "", false
}

// Theirs is what a program, timm or torchvision, calls the parameter of a vision transformer; false when it has none of that name.
func Theirs(program, name string) (string, bool) { return apply(theirs[program], name) }

// places are what the parts of a method are called in a file, in the order that they are tried: the first that a tensor's name begins with, and whose rest is of a backbone where it must be, names it.
var places = []struct {
	theirs, ours string
	backbone     bool
}{
	{"backbone.", "backbone.", true},
	{"encoder_q.0.", "backbone.", true}, {"online_net.0.", "backbone.", true}, {"base_encoder.0.", "backbone.", true}, {"encoder.0.", "backbone.", true}, // OpenSelfSup, MMSelfSup
	{"encoder_q.", "backbone.", true}, {"base_encoder.", "backbone.", true}, {"encoder.", "backbone.", true}, {"", "backbone.", true}, // MoCo, MoCo v3, SimSiam; torchvision, timm, SwAV, DINO, MAE
	{"encoder_k.0.", "teacher.backbone.", true}, {"encoder_k.module.0.", "teacher.backbone.", true}, {"target_net.0.", "teacher.backbone.", true}, {"target_net.module.0.", "teacher.backbone.", true},
	{"momentum_encoder.0.", "teacher.backbone.", true}, {"momentum_encoder.module.0.", "teacher.backbone.", true}, {"encoder_k.", "teacher.backbone.", true}, {"momentum_encoder.", "teacher.backbone.", true},
	{"encoder_q.1.", "neck.", false}, {"online_net.1.", "neck.", false}, {"base_encoder.1.", "neck.", false}, {"encoder.1.", "neck.", false},
	{"encoder_k.1.", "teacher.neck.", false}, {"encoder_k.module.1.", "teacher.neck.", false}, {"target_net.1.", "teacher.neck.", false}, {"target_net.module.1.", "teacher.neck.", false},
	{"momentum_encoder.1.", "teacher.neck.", false}, {"momentum_encoder.module.1.", "teacher.neck.", false},
}

// parts match names of ssc's own beside those of backbones, which are MMSelfSup's.
var parts = regexp.MustCompile(`^((teacher\.)?(neck|inter_neck|head|memory)\.|queue2?(_ptr)?$)`)

// Ours is what ssc calls the tensor of another program's file, and whether that is the name of a part that ssc has. MMSelfSup's necks, heads and memories have the names that they have there.
func Ours(name string) (string, bool) {
	for _, p := range places {
		rest, ok := strings.CutPrefix(name, p.theirs)
		switch {
		case !ok:
		case !p.backbone:
			return p.ours + rest, true
		default:
			if own, ok := apply(ours, rest); ok {
				return p.ours + own, true
			}
		}
	}
	return name, parts.MatchString(name)
}
