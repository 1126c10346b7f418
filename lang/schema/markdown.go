package schema

import (
	"fmt"
	"strings"
)

// Markdown is the manual page of a kind: a list of its components, each of which has a page in a folder of the kind's name.
func Markdown(kind Kind) string {
	var w strings.Builder
	fmt.Fprintf(&w, "# %s\n\n", kind.Name())
	for _, name := range kind.Names() {
		info, _ := kind.Info(name)
		fmt.Fprintf(&w, "- [%s](%s/%s.md): %s\n", name, kind.Name(), name, Summary(info.Doc))
	}
	return w.String()
}

// MarkdownOf is the manual page of one component; empty when the kind has none of that name.
func MarkdownOf(kind Kind, name string) string {
	info, ok := kind.Info(name)
	if !ok {
		return ""
	}
	var w strings.Builder
	fmt.Fprintf(&w, "# %s %s\n\n%s\n", kind.Name(), name, strings.TrimSpace(info.Doc))
	if info.Equation != "" {
		fmt.Fprintf(&w, "\n```text\n%s\n```\n", strings.TrimSpace(info.Equation))
	}
	tables(&w, Of(kind.Component(name)), "", 0)
	if text := info.Paper.String(); text != "" {
		if link := info.Paper.link(); link != "" {
			text = fmt.Sprintf("[%s](%s)", text, link)
		}
		fmt.Fprintf(&w, "\nSource: %s\n", text)
	}
	if info.Before != "" {
		fmt.Fprintf(&w, "\nIn MMSelfSup:\n\n```python\n%s\n```\n", strings.TrimSpace(info.Before))
	}
	return w.String()
}

// MarkdownRoot is the manual page of the pipeline file itself: its top-level blocks.
func MarkdownRoot(root Component) string {
	var w strings.Builder
	w.WriteString("# pipeline\n")
	tables(&w, Of(root), "", 0)
	return w.String()
}

// tables prints what a component takes, then what its blocks of fixed content take.
func tables(w *strings.Builder, s *Set, path string, depth int) {
	if path != "" {
		fmt.Fprintf(w, "\n## %s\n", path)
	}
	if len(s.Fields) > 0 {
		w.WriteString("\n| argument | type | default | meaning |\n| --- | --- | --- | --- |\n")
		for _, f := range s.Fields {
			fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, standingCell(f), cell(f.meaning()))
		}
	}
	if len(s.Children) > 0 {
		w.WriteString("\n| block | number | meaning |\n| --- | --- | --- |\n")
		for _, c := range s.Children {
			fmt.Fprintf(w, "| `%s` | %s | %s |\n", c.form(), cell(c.number()), cell(c.Doc))
		}
	}
	if depth == maxSections {
		return
	}
	for _, c := range s.Children {
		if c.Kind == nil {
			tables(w, Of(c.New("name")), join(path, c.Type), depth+1)
		}
	}
}

func standingCell(f *Field) string {
	if f.Required || f.Default == nil {
		return f.standing()
	}
	return "`" + cell(f.standing()) + "`"
}

// cell escapes what would end a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}

// Summary is the first sentence of a doc.
func Summary(doc string) string {
	doc = strings.Join(strings.Fields(doc), " ")
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i+1]
	}
	return doc
}
