package migrate

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"ssc/lang/schema"
)

// Line is the command that stands for an old one.
type Line struct {
	New   string
	Notes []string // what the old command said that the new one need not or cannot say
}

// Command translates a command line of upstream's tools, `--cfg-options` included: they are applied to the configuration, and what changes in its pipeline becomes -set. Errors: a line that is none of
// upstream's, or whose configuration cannot be read.
func Command(old string, opt Options) (*Line, error) {
	words, err := split(old)
	if err != nil {
		return nil, err
	}
	t, rest := findTool(words)
	if t == nil {
		return nil, fmt.Errorf("there is no script of upstream's tools in %q; spec/migrating.md lists them", old)
	}
	if t.new == "" {
		return nil, fmt.Errorf("%s has no command of its own: %s", t.script, strings.TrimPrefix(t.note, noStep))
	}
	if !t.trains {
		l := &Line{New: t.files(rest)}
		if t.note != "" {
			l.Notes = append(l.Notes, t.note)
		}
		return l, nil
	}
	return translate(t, words, rest, opt)
}

// files puts the files that a line names in the places of IN and OUT.
func (t *tool) files(rest []string) string {
	if !strings.HasPrefix(t.new, "ssc data ") || len(rest) != 2 {
		return t.new
	}
	return strings.NewReplacer(" IN", " "+quoted(rest[0]), " OUT", " "+quoted(rest[1])).Replace(t.new)
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// findTool finds the script in a line, and the words behind it. `mim train PACKAGE` is train.py.
func findTool(words []string) (*tool, []string) {
	for i, w := range words {
		if w == "mim" && i+2 < len(words) && words[i+1] == "train" {
			return toolOf("train.py"), words[i+3:]
		}
		if t := toolOf(path.Base(w)); t != nil && !assignment.MatchString(w) {
			return t, words[i+1:]
		}
	}
	return nil, nil
}

func toolOf(script string) *tool {
	if i := slices.IndexFunc(tools, func(t tool) bool { return t.script == script }); i >= 0 {
		return &tools[i]
	}
	return nil
}

// oldLine is a parsed line of training.
type oldLine struct {
	config  string
	others  []string // further arguments without a flag
	values  map[string]string
	options []string
	notes   []string
}

// read sorts the words of a line into arguments and flags.
func (o *oldLine) read(words []string, skip int) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !strings.HasPrefix(w, "-") || w == "-" {
			switch {
			case skip > 0:
				skip--
				o.values[fmt.Sprintf("launch%d", skip)] = w
			case o.config == "":
				o.config = w
			default:
				o.others = append(o.others, w)
			}
			continue
		}
		name, value, has := strings.Cut(strings.TrimLeft(w, "-"), "=")
		j := slices.IndexFunc(oldFlags, func(f oldFlag) bool { return f.name == strings.ReplaceAll(name, "_", "-") || f.name == name })
		if j < 0 {
			o.notes = append(o.notes, fmt.Sprintf("%s is no flag of upstream's; it is left out", w))
			continue
		}
		f := oldFlags[j]
		if f.name == "cfg-options" || f.name == "options" {
			for i+1 < len(words) && strings.Contains(words[i+1], "=") && !strings.HasPrefix(words[i+1], "-") {
				i++
				o.options = append(o.options, words[i])
			}
			continue
		}
		if f.value && !has && i+1 < len(words) {
			i++
			value = words[i]
		}
		o.values[f.name] = value
		if f.why != "" {
			o.notes = append(o.notes, fmt.Sprintf("--%s is left out: %s", f.name, f.why))
		}
	}
}

// translate makes the command for a line of training.
func translate(t *tool, words, rest []string, opt Options) (*Line, error) {
	o := &oldLine{values: map[string]string{}}
	o.read(rest, t.launch)
	if o.config == "" {
		return nil, fmt.Errorf("%s is called without a configuration", t.script)
	}
	for i, w := range words { // python -m torch.distributed.launch --nproc_per_node=8
		if n, ok := strings.CutPrefix(w, "--nproc_per_node="); ok {
			o.values["processes"] = n
		} else if w == "--nproc_per_node" && i+1 < len(words) {
			o.values["processes"] = words[i+1]
		} else if n, ok := strings.CutPrefix(w, "GPUS="); ok {
			o.values["processes"] = n
		}
	}
	if len(o.others) > 0 && (t.script == "dist_train.sh" || t.script == "srun_train.sh") {
		o.values["processes"] = o.others[0]
		o.others = o.others[1:]
	}
	stem := strings.TrimSuffix(filepath.ToSlash(o.config), path.Ext(o.config))
	name := stem + ".hcl"
	line := strings.Replace(t.new, "CONFIG.hcl", quoted(name), 1)
	line = strings.Replace(line, "PARTITION", o.values[fmt.Sprintf("launch%d", t.launch-1)], 1)
	line = strings.Replace(line, "-J JOB", "-J "+o.values["launch0"], 1)
	l := &Line{Notes: append([]string{fmt.Sprintf("convert the configuration once: ssc migrate %s -out DIR", quoted(o.config))}, o.notes...)}
	o.weights(l, &line)
	if dir, ok := o.values["work-dir"]; ok {
		line += " -run " + quoted(dir)
	} else if t.script == "slurm_train.sh" && len(o.others) > 0 {
		line += " -run " + quoted(o.others[0])
	}
	if seed, ok := o.values["seed"]; ok && seed != "0" {
		line += " -set pipeline.seed=" + quoted(seed)
	}
	sets, err := o.sets(l, opt)
	for _, s := range sets {
		line += " -set " + quoted(s)
	}
	l.New = line
	return l, err
}

// weights puts the file of weights that a line names in its place.
func (o *oldLine) weights(l *Line, line *string) {
	w := o.values["pretrained"]
	if w == "" {
		w = o.values["load-from"]
	}
	if w == "" && strings.Contains(*line, `"RUN"`) && len(o.others) > 0 {
		w = o.others[len(o.others)-1]
	}
	if w == "" {
		return
	}
	set := " -set " + quoted(fmt.Sprintf("train.init_from.checkpoint=%s", schema.Literal(w)))
	if strings.Contains(*line, `"RUN"`) {
		*line = strings.Replace(*line, `"RUN"`, strings.ReplaceAll(schema.Literal(w), "'", `'\''`), 1)
	} else {
		*line += set
	}
	if path.Ext(w) != ".safetensors" {
		l.Notes = append(l.Notes, fmt.Sprintf("%s is a pickle unless it is a run folder: convert it by `ssc migrate weights` and name the safetensors file", w))
	}
}

// sets converts --cfg-options: the configuration is converted without and with them.
func (o *oldLine) sets(l *Line, opt Options) ([]string, error) {
	if n, err := strconv.Atoi(o.values["processes"]); err == nil && n > 0 && opt.Processes == 0 && n != o.recipe() {
		l.Notes = append(l.Notes, fmt.Sprintf("the line starts %d processes: give -processes %d to `ssc migrate`, so that the batch is that large", n, n))
	}
	if len(o.options) == 0 {
		return nil, nil
	}
	opt.Flat, opt.Set = true, nil
	before, err := treeOf(o.config, opt)
	if err != nil {
		return nil, err
	}
	opt.Set = o.options
	after, err := treeOf(o.config, opt)
	if err != nil {
		return nil, err
	}
	var out []string
	layout{schema.Of(opt.Root())}.sets(before, after, "", &out, &l.Notes)
	return out, nil
}

// recipe is the number of processes that the file's name says.
func (o *oldLine) recipe() int {
	if m := fileProcesses.FindStringSubmatch(strings.TrimSuffix(path.Base(o.config), ".py")); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// treeOf converts a file to its tree.
func treeOf(config string, opt Options) (*block, error) {
	m := newMigration(opt)
	m.ask(config, nil)
	for _, name := range slices.Sorted(maps.Keys(m.parts)) {
		if p := m.parts[name]; p.file.Asked && p.tree != nil && !m.diags.HasErrors() {
			return p.tree, nil
		}
	}
	return nil, fmt.Errorf("reading the configuration: %w", m.diags)
}

// sets are the changes of arguments between two trees as -set takes them; what -set cannot say becomes a note.
func (l layout) sets(base, want *block, prefix string, out, notes *[]string) {
	for _, a := range want.args {
		if b := base.arg(a.name); b == nil || b.text != a.text {
			*out = append(*out, prefix+a.name+"="+a.text)
		}
	}
	for _, b := range base.args {
		if want.arg(b.name) == nil {
			*out = append(*out, prefix+b.name+"=null")
		}
	}
	if len(base.blocks) != len(want.blocks) {
		*notes = append(*notes, fmt.Sprintf("an option changes which blocks stand in %s: change the pipeline file, or convert the configuration with the option", place(prefix)))
		return
	}
	for i, w := range want.blocks {
		b := base.blocks[i]
		if b.typ != w.typ || b.label != w.label || b.missing != w.missing {
			*notes = append(*notes, fmt.Sprintf("an option makes %s of %s in %s: change the pipeline file, or convert the configuration with the option", title(w), title(b), place(prefix)))
			continue
		}
		l.inside(w).sets(b, w, prefix+l.step(want, w)+".", out, notes)
	}
}

// step is the part of an address that names a child.
func (l layout) step(parent, b *block) string {
	same, at := 0, 0
	for _, k := range parent.blocks {
		if k == b {
			at = same
		}
		if k.typ == b.typ && (!l.sideBySide(b) || k.label == b.label) {
			same++
		}
	}
	out := b.typ
	if l.sideBySide(b) {
		if hclsyntax.ValidIdentifier(b.label) {
			out += "." + b.label
		} else {
			out += "[" + schema.Literal(b.label) + "]"
		}
	}
	if same > 1 {
		out += fmt.Sprintf("[%d]", at)
	}
	return out
}

func place(prefix string) string {
	if prefix == "" {
		return "the pipeline"
	}
	return strings.TrimSuffix(prefix, ".")
}

// harmless are words that a shell leaves alone.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_./=:,@%+-]+$`)

// quoted is a word for a shell.
func quoted(w string) string {
	if harmless.MatchString(w) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// split parts a line into words as a shell does, without expanding anything.
func split(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	in, quote := false, rune(0)
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			escaped = false
			if r != '\n' {
				word.WriteRune(r)
				in = true
			}
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, in = r, true
		case quote == 0 && strings.ContainsRune(" \t\n\r", r):
			if in {
				out = append(out, word.String())
				word.Reset()
				in = false
			}
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quotation mark is not closed in %q", line)
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}
