package migrate

import (
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
