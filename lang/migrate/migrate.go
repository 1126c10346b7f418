// Package migrate converts configurations of OpenSelfSup and MMSelfSup to pipelines. It never runs Python: package python evaluates the files.
//
// A file's merged values are converted as a whole to a tree of blocks, and so are those of each base. What is written for a file is the difference between its tree and the
// trees of its bases laid over one another, by the rules of `extends`, so that the pipeline means the same whether it is written in parts or flat. Where the language cannot say a difference
// the file is written whole.
//
// Which components there are is learnt from ssc's tables: a type is looked up in the table of renames ([rules.go]), by its name, and by what a component's manual shows under "In
// MMSelfSup"; arguments by the table and by name. So a component whose names agree needs nothing here. Every decision is in a report, and a component or argument without a counterpart
// is named, never dropped silently.
package migrate

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang"
	"ssc/lang/diag"
	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// Options of a migration.
type Options struct {
	Root  func() schema.Component // makes the component of a whole pipeline file
	Kinds []schema.Kind           // the tables of components

	Flat      bool              // write each file whole, without bases
	Partial   bool              // write files with missing components too, those as comments
	Rename    map[string]string // names of components in ssc by type upstream: "MyNeck" -> "neck.nonlinear"
	Processes int               // processes that recipes are meant for; 0 takes what names of files and comments say
	Names     bool              // give whole pipelines the names that upstream's convention gives them
	Set       []string          // changes of the values before they are converted, as --cfg-options takes them: "a.b=v"

	Packages map[string]string // folders of configurations of installed packages
	BaseRoot string            // folder below which bases are read; empty takes the project's
	// ReadFile reads a Python file; nil reads from disk.
	ReadFile func(name string) ([]byte, error)
}

// File is a pipeline that is to be written.
type File struct {
	Name   string // with slashes, below the output folder
	Source string // the Python file
	Asked  bool   // it was asked for, and is no mere base of others
	Text   []byte // nil when nothing is written
	Whole  bool   // it can be run: it is no base
	Report *Report
}

// Result is what a migration gives: the files that were asked for, and the bases that they extend, sorted by name.
type Result struct {
	Files   []*File
	Sources map[string][]byte // of the Python files, for diagnostics
}

// Run converts files and the configurations in folders. Diagnostics tell what of the Python is not known; what cannot be converted is in the reports. Errors: a folder that cannot be read.
func Run(names []string, opt Options) (*Result, hcl.Diagnostics, error) {
	m := newMigration(opt)
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			m.ask(name, nil)
		} else if err := m.askFolder(name); err != nil {
			return nil, nil, fmt.Errorf("searching for configurations: %w", err)
		}
	}
	out, diags := m.result()
	return out, diags, nil
}

// RunText converts one text under a file name, flat.
func RunText(name string, text []byte, opt Options) (*Result, hcl.Diagnostics) {
	opt.Flat = true
	m := newMigration(opt)
	m.ask(name, text)
	return m.result()
}

// migration is the state of one Run.
type migration struct {
	opt    Options
	loader *python.Loader
	diags  hcl.Diagnostics
	parts  map[string]*part
	root   string          // folder that holds all files that are written
	names  map[string]bool // of files that are written
	wanted map[string]int  // files that would have a name, by their own or by the convention
}

// part is a file on the way.
type part struct {
	file  *File
	cfg   *python.Config
	tree  *block
	bases []*part
	// processes are those that the learning rate is meant for; 0 when nothing tells
	processes int
	failed    bool // something of it is not known
	written   bool
}

func newMigration(opt Options) *migration {
	return &migration{opt: opt, parts: map[string]*part{}, names: map[string]bool{},
		loader: python.NewLoader(python.Options{Root: opt.BaseRoot, Packages: opt.Packages, ReadFile: opt.ReadFile})}
}

// ask converts a file that was asked for.
func (m *migration) ask(name string, text []byte) {
	var cfg *python.Config
	var diags hcl.Diagnostics
	name = filepath.ToSlash(filepath.Clean(name))
	if text != nil {
		cfg, diags = m.loader.LoadText(name, text)
	} else {
		cfg, diags = m.loader.Load(name)
	}
	if cfg != nil && len(m.opt.Set) > 0 {
		more := m.override(cfg)
		diags = append(diags, more...)
	}
	m.diags = append(m.diags, diags...)
	if cfg == nil {
		m.parts[name] = &part{file: &File{Source: name, Asked: true, Report: &Report{File: name, Decisions: []Decision{}}}, failed: true}
		return
	}
	p := m.part(cfg)
	p.file.Asked = true
	p.failed = p.failed || diags.HasErrors()
	if len(p.tree.blocks) == 0 && p.file.Report.Done() {
		p.file.Report.add(Attention, hcl.Range{}, "", "", "the file says nothing that a pipeline has: no model, data, optimizer, schedule or length")
	}
}

// askFolder converts the configurations below a folder. Files in folders named _base_ come with the files that extend them, and Python that is no configuration is passed over.
func (m *migration) askFolder(dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "_base_"):
			return fs.SkipDir
		case d.Type().IsRegular() && filepath.Ext(name) == ".py" && m.isConfig(name):
			m.ask(name, nil)
		}
		return nil
	})
}

// isConfig reports whether a file says something of what is converted, or extends a file.
func (m *migration) isConfig(name string) bool {
	cfg, _ := m.loader.Load(filepath.ToSlash(filepath.Clean(name)))
	if cfg == nil {
		return false
	}
	return len(cfg.Bases) > 0 || slices.ContainsFunc([]string{"model", "data", "train_dataloader", "optimizer", "optim_wrapper"}, func(k string) bool {
		v, _ := cfg.Merged.Get(k)
		_, ok := v.X.(*python.Dict)
		return ok
	})
}

// override changes merged values; the bases keep theirs.
func (m *migration) override(cfg *python.Config) hcl.Diagnostics {
	merged, diags := python.Override(cfg.Merged, m.opt.Set)
	cfg.Merged = merged
	return diags
}

// part converts a file and its bases, each once. Bases from packages are no files of the project: what they say is written into the file that extends them.
func (m *migration) part(cfg *python.Config) *part {
	if p := m.parts[cfg.File]; p != nil {
		return p
	}
	p := &part{cfg: cfg, file: &File{Source: cfg.File, Report: &Report{File: cfg.File, Decisions: []Decision{}}}}
	m.parts[cfg.File] = p
	for _, b := range cfg.Bases {
		if b.Scope == "" && !m.opt.Flat {
			p.bases = append(p.bases, m.part(b))
		}
	}
	p.tree, p.processes = convert(cfg, &m.opt, p.file.Report)
	p.file.Whole = isWhole(cfg.Merged)
	return p
}

// result writes the files.
func (m *migration) result() (*Result, hcl.Diagnostics) {
	m.commonRoot()
	out := &Result{Sources: m.loader.Sources}
	for _, name := range slices.Sorted(maps.Keys(m.parts)) {
		m.write(m.parts[name])
	}
	texts := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(m.parts)) {
		p := m.parts[name]
		if p.file.Text != nil {
			texts[p.file.Name] = p.file.Text
		}
		if p.file.Asked || len(p.file.Text) > 0 && m.used(p) {
			out.Files = append(out.Files, p.file)
		}
	}
	for _, f := range out.Files {
		m.check(f, texts)
	}
	return out, diag.Sort(m.diags)
}

// used reports whether a base belongs to a file that was asked for and is written.
func (m *migration) used(base *part) bool {
	var below func(p *part) bool
	below = func(p *part) bool { return slices.Contains(p.bases, base) || slices.ContainsFunc(p.bases, below) }
	for _, p := range m.parts {
		if p.file.Asked && p.file.Text != nil && below(p) {
			return true
		}
	}
	return false
}

// commonRoot finds the folder that holds all files.
func (m *migration) commonRoot() {
	first := true
	for name := range m.parts {
		dir := path.Dir(name)
		if abs, err := filepath.Abs(filepath.FromSlash(dir)); err == nil {
			dir = filepath.ToSlash(abs)
		}
		if first {
			m.root, first = dir, false
		}
		for m.root != dir && !strings.HasPrefix(dir, strings.TrimSuffix(m.root, "/")+"/") {
			m.root = path.Dir(m.root)
		}
	}
}

// outName is the name of a file's pipeline below the output folder.
func (m *migration) outName(source string) string {
	abs, err := filepath.Abs(filepath.FromSlash(source))
	if err != nil {
		abs = source
	}
	rel, err := filepath.Rel(filepath.FromSlash(m.root), abs)
	if err != nil {
		rel = filepath.Base(abs)
	}
	rel = filepath.ToSlash(rel)
	return strings.TrimSuffix(rel, path.Ext(rel)) + ".hcl"
}

// write makes the text of a file, its bases first.
func (m *migration) write(p *part) {
	if p.written || p.tree == nil || (p.file.Whole || p.file.Asked) && len(p.tree.blocks) == 0 {
		return
	}
	p.written = true
	p.file.Name = m.outName(p.file.Source)
	if m.opt.Names {
		m.rename(p)
	}
	if m.names[p.file.Name] { // data.py and data.json
		p.file.Name = strings.TrimSuffix(p.file.Name, ".hcl") + strings.ReplaceAll(path.Ext(p.file.Source), ".", "_") + ".hcl"
	}
	m.names[p.file.Name] = true
	for _, b := range p.bases {
		m.write(b)
		p.failed = p.failed || b.failed
	}
	if !m.opt.Partial && (p.failed || p.tree.hasMissing() || p.file.Report.Count(Missing) > 0 || p.file.Report.Count(Attention) > 0 && p.file.Whole) {
		return
	}
	own, extends := m.own(p)
	p.file.Report.Output = p.file.Name
	head := p.cfg.Head
	p.file.Text = lang.Format([]byte(own.text(head, extends)))
}

// conventional is the name that the convention gives a whole pipeline, below the output folder; empty when it follows the convention, and may say more, or does not say what the name needs.
func (m *migration) conventional(p *part) string {
	name := m.outName(p.file.Source)
	if p.tree == nil || !p.file.Whole || p.tree.hasMissing() || fileProcesses.MatchString(strings.TrimSuffix(path.Base(name), ".hcl")) {
		return ""
	}
	if stem := convention(p.tree, p.processes); stem != "" {
		return path.Join(path.Dir(name), stem+".hcl")
	}
	return ""
}

// rename gives a whole pipeline the name of the convention, unless others would have it too.
func (m *migration) rename(p *part) {
	to := m.conventional(p)
	if to == "" {
		return
	}
	if m.wanted == nil {
		m.wanted = map[string]int{}
		for _, q := range m.parts {
			m.wanted[m.conventional(q)]++
			m.wanted[m.outName(q.file.Source)]++
		}
	}
	if m.wanted[to] > 1 {
		p.file.Report.add(Changed, hcl.Range{}, "", p.file.Name, "it keeps its name, because %s would be that of another too", to)
		return
	}
	p.file.Report.add(Changed, hcl.Range{}, "", to, "named by what it says")
	p.file.Name = to
	p.tree.child("pipeline", "").label = strings.TrimSuffix(path.Base(to), ".hcl")
}

// own is what a file says itself, and the names of the bases that it extends.
func (m *migration) own(p *part) (*block, []string) {
	l := layout{schema.Of(m.opt.Root())}
	base, fits := &block{}, true
	var extends []string
	for _, b := range p.bases {
		if len(b.tree.blocks) == 0 && len(b.tree.args) == 0 {
			continue
		}
		if b.file.Text == nil {
			fits = false
			break
		}
		merged, ok := l.overlay(base, b.tree, true)
		base, fits = merged, fits && ok
		rel, err := filepath.Rel(path.Dir(p.file.Name), b.file.Name)
		if err != nil {
			fits = false
			break
		}
		extends = append(extends, filepath.ToSlash(rel))
	}
	if len(extends) == 0 {
		return p.tree, nil
	}
	if fits {
		own, ok := l.diff(base, p.tree)
		if ok && own == nil {
			return &block{}, extends
		}
		if ok {
			return own, extends
		}
	}
	p.bases = nil
	p.file.Report.add(Changed, hcl.Range{}, "_base_", "", "the file is written whole, because what it changes of its bases cannot be said by extends")
	return p.tree, nil
}

// check loads what was written and reports what is wrong with it.
func (m *migration) check(f *File, texts map[string][]byte) {
	if f.Text == nil {
		return
	}
	read := func(name string) ([]byte, error) {
		if t, ok := texts[path.Clean(name)]; ok {
			return t, nil
		}
		return nil, fmt.Errorf("no such file")
	}
	p, diags := lang.Load([]string{f.Name}, lang.Options{ReadFile: read, Root: m.opt.Root})
	if !diags.HasErrors() && f.Whole && f.Report.Done() {
		diags = append(diags, schema.Decode(m.opt.Root(), p.Root)...)
	}
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil {
			f.Report.add(Attention, hcl.Range{}, "", diag.At(*d.Subject), "%s: %s", d.Summary, d.Detail)
		}
	}
}
