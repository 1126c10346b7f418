package migrate

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// suffixes of upstream's types by kind.
var suffixes = map[string][]string{
	"head": {"PretrainHead", "Head"}, "neck": {"Neck"}, "memory": {"Memory"}, "source": {"Dataset"},
}

// plain is a name without case and punctuation: SimCLR and simclr, DenseCL and dense_cl.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// typeOf is the type of a component without its package: "mmcls.ImageNet" is "ImageNet".
func typeOf(d *python.Dict) string {
	v, _ := d.Get("type")
	name, ok := v.X.(string)
	if s, isSymbol := v.X.(python.Symbol); isSymbol {
		name, ok = s.Name, true
	}
	if !ok {
		return ""
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	return name[strings.LastIndexByte(name, '.')+1:]
}

// lookup finds ssc's name of an upstream type: as the user says, by the table of renames, by the name itself, by what a component's manual shows under "In MMSelfSup".
func (c *converter) lookup(kind schema.Kind, typ string) (string, bool) {
	if to, ok := c.opt.Rename[typ]; ok {
		if k, name, found := strings.Cut(to, "."); found && k == kind.Name() {
			to = name
		}
		if _, ok := kind.Info(to); ok {
			return to, true
		}
	}
	for _, r := range typeRules {
		if r.kind == kind.Name() && r.from == typ {
			_, ok := kind.Info(r.to)
			return r.to, ok
		}
	}
	wanted := []string{plain(typ)}
	for _, s := range suffixes[kind.Name()] {
		if short, ok := strings.CutSuffix(typ, s); ok {
			wanted = append(wanted, plain(short))
		}
	}
	for _, w := range wanted {
		for _, name := range kind.Names() {
			if plain(name) == w {
				return name, true
			}
		}
	}
	for _, name := range kind.Names() {
		info, _ := kind.Info(name)
		if types := shown(info.Before); len(types) > 0 && types[0] == typ {
			return name, true
		}
	}
	return snake(typ, suffixes[kind.Name()]), false
}

// shown lists the types of the outermost dictionaries in a piece of Python.
func shown(before string) []string {
	var out []string
	depth := 0
	for i := 0; i < len(before); i++ {
		switch before[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if rest, ok := strings.CutPrefix(before[i:], "type='"); ok && depth == 1 {
			if name, _, ok := strings.Cut(rest, "'"); ok {
				out = append(out, name)
			}
		}
	}
	return out
}

// words are names that are one word, however they mix capitals.
var words = strings.NewReplacer("SwAV", "Swav", "ViT", "Vit", "MoCoV", "Mocov", "MoCo", "Moco", "SimCLR", "Simclr", "DenseCL", "Densecl", "InterCLR", "Interclr", "BEiT", "Beit", "SimMIM", "Simmim",
	"MixMIM", "Mixmim", "PixMIM", "Pixmim", "MaskFeat", "Maskfeat", "SimSiam", "Simsiam", "DeepCluster", "Deepcluster")

// snake is the name that a component of ssc would have: MAEPretrainDecoder becomes mae_pretrain_decoder, InterCLRMoCo interclr_moco.
func snake(typ string, suffixes []string) string {
	for _, s := range suffixes {
		if short, ok := strings.CutSuffix(typ, s); ok && short != "" {
			typ = short
			break
		}
	}
	typ = words.Replace(typ)
	var b strings.Builder
	upper := func(i int) bool { return i >= 0 && i < len(typ) && typ[i] >= 'A' && typ[i] <= 'Z' }
	for i := range len(typ) {
		if c := typ[i]; upper(i) {
			if i > 0 && (!upper(i-1) || i+1 < len(typ) && !upper(i+1)) && typ[i-1] != '_' && typ[i-1] != '-' {
				b.WriteByte('_')
			}
			b.WriteByte(c + 'a' - 'A')
		} else if c == '-' || c == '/' || c == '.' {
			b.WriteByte('_')
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// rule finds what is said of an argument; a rule of the type itself is stronger than one of the kind.
func ruleOf(kind, typ, name string) *argRule {
	var found *argRule
	for i := range argRules {
		if r := &argRules[i]; r.kind == kind && r.arg == name && (r.typ == typ || r.typ == "" && found == nil) {
			found = r
		}
	}
	return found
}

// convention is the name of a whole pipeline by upstream's rule for its files, METHOD_BACKBONE_PROCESSESxbIMAGES-SCHEDULE-EPOCHSe_DATA, or "" when the pipeline does not say all of it.
func convention(root *block, processes int) string {
	a, train, loader := root.find("algorithm", ""), root.find("train", ""), root.find("loader", "")
	if a == nil || train == nil || loader == nil || train.arg("epochs") == nil || loader.arg("batch_size") == nil {
		return ""
	}
	method := a.label
	if n := a.find("neck", ""); method == "moco" && n != nil {
		method = map[string]string{"linear": "mocov1", "moco_v2": "mocov2"}[n.label]
		if method == "" {
			method = "moco"
		}
	}
	batch := 0
	if _, err := fmt.Sscan(loader.arg("batch_size").text, &batch); err != nil || batch < 1 {
		return ""
	}
	processes = max(processes, 1)
	parts := []string{fmt.Sprintf("%dxb%d", processes, batch/processes)}
	if n := train.arg("accumulate"); n != nil && n.text != "1" {
		parts = append(parts, "accum"+n.text)
	}
	if a.label == "classification" && frozen(a.find("backbone", "")) {
		parts[0] = "linear-" + parts[0]
	}
	if s := root.find("schedule", ""); s != nil {
		parts = append(parts, map[string]string{"cosine": "coslr", "step": "steplr", "polynomial": "polylr"}[s.label])
	}
	parts = append(parts, train.arg("epochs").text+"e")
	name := []string{network(a.find("backbone", "")), strings.Join(compact(parts), "-")}
	if method != "classification" {
		name = append([]string{plainName(method)}, name...)
	}
	if d := dataName(root.find("dataset", "train")); d != "" {
		name = append(name, d)
	}
	return strings.Join(compact(name), "_")
}

func compact(list []string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// plainName is a component's name as upstream spells it in a file's: rotation_pred is rotation-pred.
func plainName(name string) string { return strings.ReplaceAll(name, "_", "-") }

// frozen reports whether no stage of a network is trained: linear evaluation.
func frozen(b *block) bool {
	if b == nil || b.arg("frozen_stages") == nil {
		return false
	}
	stages := b.arg("frozen_stages").text
	return stages == "4" && b.label == "resnet" || stages != "-1" && stages != "0" && b.label != "resnet"
}

// network is the short name of a backbone: resnet50, vit-base-p16.
func network(b *block) string {
	if b == nil {
		return ""
	}
	text := func(name, standard string) string {
		if a := b.arg(name); a != nil {
			return strings.Trim(a.text, `"`)
		}
		return standard
	}
	switch b.label {
	case "resnet":
		return "resnet" + text("depth", "50")
	case "vision_transformer":
		return "vit-" + strings.TrimPrefix(strings.TrimPrefix(text("arch", "base"), "mocov3-"), "deit-") + "-p" + text("patch_size", "16")
	}
	return plainName(b.label)
}

// dataNames are upstream's short names of data sets, by a word in the path of their images.
var dataNames = []struct{ word, name string }{{"imagenet", "in1k"}, {"places205", "places205"}, {"inaturalist", "inat18"}, {"voc", "voc07"}}

var notInNames = regexp.MustCompile(`[^a-z0-9-]+`)

// dataName is the short name of what a dataset reads: that of its source, or upstream's of a data set, with the share of its labels, or the last folder of its path.
func dataName(d *block) string {
	if d == nil {
		return ""
	}
	src := d.find("source", "")
	for src != nil && src.arg("data_prefix") == nil && src.arg("path") == nil && len(src.blocks) > 0 {
		src = src.blocks[0]
	}
	if src == nil {
		return ""
	}
	if sides[src.label] != "" {
		return src.label
	}
	at, list := "", ""
	for _, a := range src.args {
		switch a.name {
		case "data_prefix", "path":
			at = strings.ToLower(strings.Trim(a.text, `"`))
		case "ann_file":
			list = strings.ToLower(a.text)
		}
	}
	for _, n := range dataNames {
		if strings.Contains(at, n.word) {
			name := n.name
			for _, share := range []struct{ word, suffix string }{{"1percent", "-1pct"}, {"10percent", "-10pct"}} {
				if strings.Contains(list, "_"+share.word) || strings.Contains(list, "/"+share.word) {
					name += share.suffix
				}
			}
			return name
		}
	}
	return strings.Trim(notInNames.ReplaceAllString(path.Base(at), "-"), "-")
}
