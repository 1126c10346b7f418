package migrate

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

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
