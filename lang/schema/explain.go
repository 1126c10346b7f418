package schema

import (
	"fmt"
	"regexp"
	"strings"
	"text/tabwriter"
)

// Explain describes a component for a terminal: what it is, its equation, its arguments, the blocks inside it, its source and its old
// spelling. It is empty when the kind has no such component.
func Explain(kind Kind, name string) string {
	info, ok := kind.Info(name)
	if !ok {
		return ""
	}
	var w strings.Builder
	fmt.Fprintf(&w, "%s %s\n\n%s\n", kind.Name(), name, Indented(info.Doc, "  "))
	if info.Equation != "" {
		fmt.Fprintf(&w, "\n%s\n", Indented(info.Equation, "    "))
	}
	sections(&w, Of(kind.Component(name)), "", 0)
	if text := info.Paper.String(); text != "" {
		fmt.Fprintf(&w, "\nSource\n%s\n", Indented(text, "  "))
	}
	if info.Before != "" {
		fmt.Fprintf(&w, "\nIn MMSelfSup\n%s\n", Indented(info.Before, "    "))
	}
	return w.String()
}

// maxSections bounds how deep blocks of fixed content are described inside one another.
const maxSections = 8

// sections prints the arguments and blocks of a component, then those of its blocks with fixed content, which have no page of their own.
func sections(w *strings.Builder, s *Set, path string, depth int) {
	in := ""
	if path != "" {
		in = " of " + path
	}
	if len(s.Fields) > 0 {
		fmt.Fprintf(w, "\nArguments%s\n", in)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, f := range s.Fields {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", f.Name, f.Type, f.standing(), f.meaning())
		}
		t.Flush()
	}
	if len(s.Children) > 0 {
		fmt.Fprintf(w, "\nBlocks%s\n", in)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, c := range s.Children {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", c.form(), c.number(), c.Doc)
		}
		t.Flush()
	}
	if depth == maxSections {
		return
	}
	for _, c := range s.Children {
		if c.Kind == nil {
			sections(w, Of(c.New("name")), join(path, c.Type), depth+1)
		}
	}
}

// standing says what holds when the argument is not written.
func (f *Field) standing() string {
	switch {
	case f.Required:
		return "required"
	case f.Default == nil:
		return "unset"
	}
	return Literal(f.Default)
}

// meaning is the argument's doc with its rules.
func (f *Field) meaning() string {
	var rules []string
	for _, r := range f.Rules {
		rules = append(rules, r.Text)
	}
	if len(rules) == 0 {
		return f.Doc
	}
	return fmt.Sprintf("%s (%s)", f.Doc, strings.Join(rules, "; "))
}

// form is the block's head as it is written.
func (c *ChildField) form() string {
	switch {
	case c.Type == "":
		return "NAME { }"
	case c.Kind != nil || c.Labels:
		return c.Type + ` "NAME" { }`
	}
	return c.Type + " { }"
}

// number says how many such blocks may stand, and which components.
func (c *ChildField) number() string {
	out := "any number"
	switch {
	case c.Max == 1 && c.Min == 1:
		out = "required"
	case c.Max == 1:
		out = "optional"
	case c.Min > 0:
		out = fmt.Sprintf("at least %d", c.Min)
	}
	if c.Default != "" {
		out = "default " + c.Default
	}
	if c.Kind != nil {
		out += fmt.Sprintf(", any %s", c.Kind.Name())
	}
	return out
}

// String is the paper in one line, or the reason why there is none.
func (p Paper) String() string {
	if p.Title == "" {
		return p.None
	}
	out := fmt.Sprintf("%s: %s (%d)", p.Authors, p.Title, p.Year)
	if p.ID == "" {
		return out
	}
	return out + ", " + p.ID
}

// link is the address of the paper; empty when the ID is neither a DOI nor an arXiv number.
func (p Paper) link() string {
	switch {
	case doi.MatchString(p.ID):
		return "https://doi.org/" + p.ID
	case arXiv.MatchString(p.ID):
		return "https://arxiv.org/abs/" + p.ID
	}
	return ""
}

var (
	doi   = regexp.MustCompile(`^10\.\d+/`)
	arXiv = regexp.MustCompile(`^(\d{4}\.\d{4,5}|[a-z-]+/\d{7})$`)
)

// Indented is the text with by before each line that is not empty.
func Indented(text, by string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = by + line
		}
	}
	return strings.Join(lines, "\n")
}
