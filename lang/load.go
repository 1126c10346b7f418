package lang

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"ssc/lang/schema"
)

// Options are what the command line and the caller add to the files.
type Options struct {
	Vars     []string // "name=value", in order; the last wins
	VarFiles []string // files of "name = value"; weaker than Vars
	Sets     []string // "path=value", applied in order after the merge

	// Stdin is read for the file name "-".
	Stdin io.Reader
	// ReadFile reads a file; nil is the function [ReadFile]. It need not bound what it reads.
	ReadFile func(name string) ([]byte, error)
	// Root makes the component that the pipeline will be decoded into. The merge learns from it which blocks stand side by side, and -set
	// what exists. With nil every label selects and only what the files have can be set.
	Root func() schema.Component
	// Command is what messages tell the user to type before options; empty stands for "ssc run".
	Command string
}

// Pipeline is a loaded pipeline: merged, overridden and evaluated.
type Pipeline struct {
	// Name is the label of the pipeline block, or else the name of the last file without its extension.
	Name string
	// Root has no type and no arguments. Its blocks are the top-level blocks but variable and locals, sorted by type and label.
	Root *schema.Block
	// Sources are the texts that ranges refer to, by file name; "-set" and "-var" stand for the command line.
	Sources map[string][]byte
	// Files are the names of the files that were read, sorted. Standard input is "<stdin>".
	Files []string
}

// Names that ranges have where there is no file.
const (
	stdinName = "<stdin>"
	setName   = "-set"
	varName   = "-var"
)

// Load reads the files as one pipeline, a later file over an earlier one as if it extended it. The pipeline is never nil and its Sources
// serve to print the diagnostics. Its Root is nil when a file could not be read, parsed or merged; after other errors it is complete
// but for unknown values, so that decoding it finds the remaining mistakes.
func Load(files []string, opt Options) (*Pipeline, hcl.Diagnostics) {
	l := &loader{opt: opt, sources: map[string][]byte{}, loaded: map[string]*node{}}
	if l.opt.Command == "" {
		l.opt.Command = "ssc run"
	}
	p := &Pipeline{Sources: l.sources}
	tree := l.readAll(files)
	l.conflicts(tree)
	p.Files = slices.Sorted(maps.Keys(l.loaded))
	p.Name = fileName(files)
	vars := l.varFiles()
	if l.diags.HasErrors() {
		return p, l.diags
	}
	e := l.evaluator(l.override(tree), vars)
	p.Root = &schema.Block{Range: tree.rng, Blocks: e.top(tree)}
	p.Name = cmp.Or(nameOf(p.Root), p.Name)
	return p, append(l.diags, e.diags...)
}

// Check reports what is wrong with the syntax of one file, by the same bounds as Load.
func Check(filename string, src []byte) hcl.Diagnostics {
	l := &loader{sources: map[string][]byte{}}
	l.parse(filename, src)
	return l.diags
}

// Format returns the text in canonical form: two spaces of indentation and aligned equals signs. It changes white space only. The text
// should pass Check.
func Format(src []byte) []byte { return hclwrite.Format(src) }

// loader is the state of one Load.
type loader struct {
	opt     Options
	sources map[string][]byte
	loaded  map[string]*node // merged content of the files read so far, by name
	bytes   int
	blocks  int
	diags   hcl.Diagnostics
}

// read returns the content of a file.
func (l *loader) read(name string) ([]byte, error) {
	switch {
	case name == stdinName:
		if l.opt.Stdin == nil {
			return nil, errors.New("there is no standard input")
		}
		return io.ReadAll(io.LimitReader(l.opt.Stdin, MaxFileBytes+1))
	case l.opt.ReadFile != nil:
		return l.opt.ReadFile(name)
	}
	return ReadFile(name)
}

// ReadFile reads a pipeline file from disk, of which it takes one byte more than [MaxFileBytes] at most.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
}

// nameOf is the name that the pipeline block gives; empty when there is none.
func nameOf(root *schema.Block) string {
	for _, b := range root.Find("pipeline") {
		return b.Label
	}
	return ""
}

// fileName is the name of the last file without its extension.
func fileName(files []string) string {
	if len(files) == 0 || files[len(files)-1] == "-" {
		return "pipeline"
	}
	base := filepath.Base(files[len(files)-1])
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func (l *loader) add(d ...*hcl.Diagnostic) { l.diags = append(l.diags, d...) }

// fault is an error without a place in a file.
func (l *loader) fault(summary, format string, args ...any) {
	l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...)})
}

// reason is the system's word for an I/O error, without the path that the message names already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

// sortBlocks puts top-level blocks in the order of their types in the schema, or of the alphabet, then by label. Blocks of one address keep
// their order.
func sortBlocks(blocks []*schema.Block, types []string) {
	slices.SortStableFunc(blocks, func(a, b *schema.Block) int {
		return cmp.Or(cmp.Compare(rank(types, a.Type), rank(types, b.Type)), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Label, b.Label))
	})
}

func rank(types []string, typ string) int {
	if i := slices.Index(types, typ); i >= 0 {
		return i
	}
	return len(types)
}
