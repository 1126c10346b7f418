package python

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang/diag"
)

// Keys of a configuration with a meaning for its loading.
const (
	baseKey       = "_base_"
	deleteKey     = "_delete_"
	deprecatedKey = "_deprecation_"
)

// Options of a loader.
type Options struct {
	// Root is the folder below which bases are read; empty takes the folder that holds the project (see [ProjectRoot]).
	Root string
	// Packages are the folders of the configurations of installed packages, for bases such as "mmcls::_base_/default_runtime.py".
	Packages map[string]string
	// ReadFile reads a file; nil reads from disk, at most MaxFileBytes.
	ReadFile func(name string) ([]byte, error)
}

// Loader reads configurations. A base that several files extend is read once.
type Loader struct {
	// Sources are the texts that ranges refer to, by file name.
	Sources map[string][]byte

	opt      Options
	done     map[string]*loaded
	open     []string // files that are being read, the outermost first
	builtins map[string]function
}

type loaded struct {
	cfg   *Config
	diags hcl.Diagnostics
}

// Config is an evaluated configuration.
type Config struct {
	File  string
	Bases []*Config // in the order of _base_
	// Own is what the file itself says, before the merge.
	Own *Dict
	// Merged is what mmcv's or mmengine's Config.fromfile gives.
	Merged *Dict
	// Head is the comment at the top of the file.
	Head []string
	// Scope is the package that the file was read from as a base, such as "mmcls".
	Scope string
}

// NewLoader returns a loader.
func NewLoader(opt Options) *Loader {
	return &Loader{Sources: map[string][]byte{}, opt: opt, done: map[string]*loaded{}, builtins: builtinTable()}
}

// ProjectRoot is the folder that holds the project of a file: the nearest one above it with a .git or setup.py in it, else the one above the outermost folder named configs, else the
// file's own or the working directory, whichever holds the other.
func ProjectRoot(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		return filepath.Dir(file)
	}
	root := filepath.Dir(abs)
	if wd, err := os.Getwd(); err == nil && inside(wd, root) {
		root = wd
	}
	for dir := filepath.Dir(abs); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if filepath.Base(dir) == "configs" && inside(filepath.Dir(dir), root) {
			root = filepath.Dir(dir)
		}
		for _, mark := range []string{".git", "setup.py"} {
			if _, err := os.Lstat(filepath.Join(dir, mark)); err == nil {
				return dir
			}
		}
	}
	return root
}

func inside(dir, name string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Load evaluates a file with its bases. The configuration is nil when there is nothing to evaluate.
func (l *Loader) Load(file string) (*Config, hcl.Diagnostics) {
	return l.load(filepath.ToSlash(filepath.Clean(file)), hcl.Range{Filename: file, Start: hcl.InitialPos, End: hcl.InitialPos})
}

// LoadText evaluates a text under a file name, bases relative to that name.
func (l *Loader) LoadText(file string, text []byte) (*Config, hcl.Diagnostics) {
	l.open = append(l.open, file)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	return l.evaluate(file, text)
}

// load reads a file once. at is what names it.
func (l *Loader) load(file string, at hcl.Range) (*Config, hcl.Diagnostics) {
	if d, ok := l.done[file]; ok {
		return d.cfg, d.diags
	}
	if i := slices.Index(l.open, file); i >= 0 {
		return nil, hcl.Diagnostics{diag.Errorf(at, at, "Cycle of bases", "The files extend one another in a cycle: %s.", strings.Join(append(l.open[i:len(l.open):len(l.open)], file), " -> "))}
	}
	if len(l.open) >= MaxBases || len(l.done) >= 64*MaxFiles {
		return nil, hcl.Diagnostics{diag.Errorf(at, at, "Too many bases", "Files extend one another at most %d deep.", MaxBases)}
	}
	text, err := l.read(file)
	if err != nil {
		return nil, hcl.Diagnostics{diag.Errorf(at, at, "File cannot be read", "Reading %s: %v.", file, reason(err))}
	}
	l.open = append(l.open, file)
	cfg, diags := l.evaluate(file, text)
	l.open = l.open[:len(l.open)-1]
	l.done[file] = &loaded{cfg, diags}
	return cfg, diags
}

func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// read reads a regular file, one byte more than the bound at most.
func (l *Loader) read(file string) ([]byte, error) {
	if l.opt.ReadFile != nil {
		return l.opt.ReadFile(file)
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is no regular file")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
}

// evaluate parses a text and evaluates its statements, bases first.
func (l *Loader) evaluate(file string, text []byte) (*Config, hcl.Diagnostics) {
	l.Sources[file] = text
	read := parse
	if isYAML(file) {
		read = plainSource
	}
	src, diags := read(file, text)
	if src.root == nil {
		return nil, diags
	}
	e := &evaluator{l: l, src: src, names: NewDict(), hidden: map[string]bool{}, diags: diags}
	cfg := &Config{File: file}
	switch {
	case isYAML(file):
		e.yamlFile()
	case strings.HasSuffix(file, ".json"):
		e.jsonFile()
	default:
		cfg.Head = e.head()
		e.findBases()
		e.statements(src.root)
	}
	cfg.Bases = e.bases
	e.finish(cfg)
	return cfg, e.diags
}

// jsonFile reads a JSON object: its literals are Python's but for three names.
func (e *evaluator) jsonFile() {
	e.src.json = true
	for _, s := range e.src.root.kids {
		if s.kind != "expression_statement" || len(s.kids) != 1 {
			e.fail(s, "Invalid base", "A JSON file holds one object.")
			continue
		}
		v := e.expr(s.kids[0])
		if d, ok := v.X.(*Dict); ok {
			e.names = d.copy()
		}
	}
	if v, ok := e.names.Get(baseKey); ok {
		e.loadBases(e.src.root, v)
		e.names.Delete(baseKey)
	}
}

// head is the comment that begins the file, apart from that of its first statement.
func (e *evaluator) head() []string {
	var out []string
	line := 1
	for ; e.src.comments[line].own; line++ {
		out = append(out, e.src.comments[line].text)
	}
	if len(e.src.root.kids) > 0 && e.src.line(e.src.root.kids[0].start) == line {
		return nil
	}
	return out
}

// findBases evaluates the assignment to _base_ before everything else, as mmengine does.
func (e *evaluator) findBases() {
	for _, s := range e.src.root.kids {
		if s.kind != "expression_statement" || len(s.kids) != 1 || s.kids[0].kind != "assignment" || s.broken() {
			continue
		}
		if a := s.kids[0]; a.child("left").kind == "identifier" && e.src.src(a.child("left")) == baseKey && a.child("right") != nil {
			e.loadBases(a.child("right"), e.expr(a.child("right")))
			return
		}
	}
}

func (e *evaluator) loadBases(n *node, v Value) {
	names := []Value{v}
	if l, ok := v.X.(*List); ok {
		names = l.Elems
	}
	e.base = NewDict()
	for _, b := range names {
		name, ok := b.X.(string)
		if !ok {
			if !isUnknown(b) {
				e.fail(n, "Invalid base", "A base is the name of a file; found a %s.", b.Kind())
			}
			continue
		}
		cfg := e.loadBaseAt(b.At, name)
		if cfg == nil {
			continue
		}
		e.bases = append(e.bases, cfg)
		for _, it := range cfg.Merged.items {
			if old, twice := e.base.lookup(it.key.X); twice {
				e.diags = append(e.diags, diag.Errorf(b.At, b.At, "Bases disagree", "Two bases say %s: %s and %s. Upstream refuses this too; extend one of them only.", Repr(it.key), diag.At(old.At), diag.At(it.val.At)))
				continue
			}
			e.base.put(it.key, e.deepCopy(n, it.val))
		}
	}
}

func (e *evaluator) loadBase(n *node, name string) *Config { return e.loadBaseAt(e.src.at(n), name) }

// loadBaseAt reads a base by the name that stands at a place. A copy of what a package gives carries its scope.
func (e *evaluator) loadBaseAt(at hcl.Range, name string) *Config {
	file, scope, bad := e.l.resolve(e.src.name, at, name)
	if bad != nil {
		e.diags = append(e.diags, bad)
		return nil
	}
	cfg, diags := e.l.load(file, at)
	e.diags = append(e.diags, diags...)
	if cfg != nil && scope != "" {
		scoped := *cfg
		scoped.Scope = scope
		scoped.Merged = cfg.Merged.copy()
		for i, it := range scoped.Merged.items {
			scoped.Merged.items[i].val = withScope(e.deepCopyQuiet(it.val), scope)
		}
		return &scoped
	}
	return cfg
}

func (e *evaluator) deepCopyQuiet(v Value) Value {
	left := maxValues
	if out, ok := deepCopy(v, 0, &left, map[any]copied{}); ok {
		return out
	}
	return v
}

// withScope marks the outermost dictionaries that have a type with the package that they are of.
func withScope(v Value, scope string) Value {
	switch x := v.X.(type) {
	case *Dict:
		if _, typed := x.Get("type"); typed {
			if s, ok := x.Get("_scope_"); !ok || s.X == nil {
				x.Set("_scope_", Value{X: scope, At: v.At})
			}
			return v
		}
		for i := range x.items {
			x.items[i].val = withScope(x.items[i].val, scope)
		}
	case *List:
		for i := range x.Elems {
			x.Elems[i] = withScope(x.Elems[i], scope)
		}
	}
	return v
}

// resolve finds the file of a base and the package that it is of.
func (l *Loader) resolve(from string, at hcl.Range, name string) (file, scope string, bad *hcl.Diagnostic) {
	if pkg, rel, ok := strings.Cut(name, "::"); ok {
		dir, ok := l.opt.Packages[pkg]
		if !ok {
			return "", "", diag.Errorf(at, at, "External base", "The base %q lies in the package %s. Give the folder of its configurations, for example: -package %s=../%s/configs", name, pkg, pkg, pkg)
		}
		file = filepath.ToSlash(filepath.Join(dir, filepath.FromSlash(rel)))
		if !inside(dir, file) {
			return "", "", diag.Errorf(at, at, "Base outside the project", "The base %q lies outside of the folder %s of its package.", name, dir)
		}
		return file, pkg, nil
	}
	file = name
	if !path.IsAbs(file) {
		file = path.Join(path.Dir(from), name)
	}
	if ext := path.Ext(file); ext != ".py" && ext != ".json" && !isYAML(file) {
		return "", "", diag.Errorf(at, at, "Invalid base", "The base %q is no .py, .json, .yaml or .yml file; others are not read.", name)
	}
	root := l.opt.Root
	if root == "" {
		root = ProjectRoot(from)
	}
	absRoot, err1 := filepath.Abs(root)
	abs, err2 := filepath.Abs(filepath.FromSlash(file))
	inPackage := slices.ContainsFunc(slices.Collect(maps.Values(l.opt.Packages)), func(dir string) bool { d, err := filepath.Abs(dir); return err == nil && inside(d, abs) })
	if err1 != nil || err2 != nil || !inside(absRoot, abs) && !inPackage {
		return "", "", diag.Errorf(at, at, "Base outside the project", "The base %q lies outside of %s. If it is yours, name a wider folder, for example: -root %s", name, root, path.Dir(file))
	}
	return file, "", nil
}

// absDir is the folder of a file as upstream's templates give it.
func (l *Loader) absDir(file string) string {
	abs, err := filepath.Abs(filepath.FromSlash(file))
	if err != nil {
		return path.Dir(file)
	}
	return filepath.ToSlash(filepath.Dir(abs))
}
