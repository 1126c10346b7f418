package cmd

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// colours of the kinds of box: fill and line, readable on a light and a dark page.
var colours = [...]struct{ fill, line string }{
	boxInput: {"#eceff4", "#7b8794"}, boxForward: {"#dbeafe", "#2563eb"}, boxGradient: {"#fde8d7", "#c2570c"}, boxUpdate: {"#dcf3e3", "#15803d"},
}

// dot writes the picture in the language of Graphviz.
func (p *picture) dot(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "digraph %s {\n", strconv.Quote(p.name))
	fmt.Fprint(w, "  node [shape=box style=\"rounded,filled\" fontname=\"Helvetica\" fontsize=12]\n  edge [fontname=\"Helvetica\" fontsize=9 color=\"#7b8794\" fontcolor=\"#52606d\"]\n")
	for _, b := range p.boxes {
		text := b.title
		if b.detail != "" {
			text += "\n" + b.detail
		}
		fmt.Fprintf(w, "  n%d [label=%s fillcolor=%q color=%q]\n", b.id, strconv.Quote(text), colours[b.kind].fill, colours[b.kind].line)
	}
	for _, b := range p.boxes {
		for _, e := range b.out {
			fmt.Fprintf(w, "  n%d -> n%d [label=%s]\n", b.id, e.to.id, strconv.Quote(e.label()))
		}
	}
	fmt.Fprintln(w, "}")
	return w.Flush()
}
