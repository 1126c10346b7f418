package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

var explainCommand = &cli.Command{
	Name: "explain", Usage: "describe a component, a block or an argument", ArgsUsage: "[KIND | KIND.NAME | BLOCK | NAME][.ARGUMENT]",
	Description: "Without an argument it lists everything that can be explained. Operators are explained by op.NAME, functions by ai.ssc.NAME.",
	Flags:       []cli.Flag{&cli.BoolFlag{Name: "json-schema", Usage: "print a JSON schema of pipelines for editors"}, jsonFlag()},
	Action:      explain,
}

func explain(c *cli.Context) error {
	if c.Bool("json-schema") {
		b, err := schema.JSONSchema(tables.Root())
		if err == nil {
			_, err = c.App.Writer.Write(append(b, '\n'))
		}
		return err
	}
	if c.NArg() > 1 {
		return usage{fmt.Errorf("ssc explain takes one name, as in: ssc explain head.contrastive")}
	}
	topic := c.Args().First()
	text, ok := explained(topic)
	if !ok {
		return fmt.Errorf("nothing is called %q.%s", topic, schema.DidYouMean(topic, topics()))
	}
	if s := messages(c); s != nil {
		s.emit("explanation", levelInfo, topic, struct {
			Topic string `json:"topic"`
			Text  string `json:"text"`
		}{topic, text})
		return s.err
	}
	_, err := io.WriteString(c.App.Writer, text)
	return err
}

// explained is the text on a topic.
func explained(topic string) (string, bool) {
	if topic == "" {
		return overview(), true
	}
	if o, ok := operator(topic); ok {
		return op.Entry(o), true
	}
	topic = underlying(topic)
	for _, k := range kinds() {
		if topic == k.Name() {
			return listing(k), true
		}
	}
	for _, k := range kinds() {
		rest, ok := strings.CutPrefix(topic, k.Name()+".")
		if k.Name() == blockKind {
			rest, ok = strings.TrimPrefix(topic, blockKind+"."), true
		}
		if !ok {
			continue
		}
		if text, ok := component(k, rest); ok {
			return text, true
		}
	}
	for _, k := range kinds() { // a name alone
		if text, ok := component(k, topic); ok {
			return text, true
		}
	}
	if _, inside, ok := strings.Cut(topic, "."); ok { // an address, as dataset.source.folder
		inner, _, _ := strings.Cut(inside, ".")
		if slices.ContainsFunc(kinds(), func(k schema.Kind) bool { return k.Name() == inner }) {
			return explained(inside)
		}
	}
	return "", false
}

// underlying replaces a block's type by the kind of what stands in it: evaluate.knn is probe.knn.
func underlying(topic string) string {
	typ, rest, _ := strings.Cut(topic, ".")
	c := schema.Of(tables.Root()).Child(typ)
	if c == nil || c.Kind == nil || c.Kind.Name() == typ {
		return topic
	}
	return strings.TrimSuffix(c.Kind.Name()+"."+rest, ".")
}

func operator(topic string) (ir.Op, bool) {
	if name, ok := strings.CutPrefix(topic, "op."); ok {
		return op.Lookup(name)
	}
	if strings.HasPrefix(topic, ir.Domain+".") {
		return fn.Any(topic)
	}
	return nil, false
}

// component explains NAME, or NAME.ARGUMENT where the argument may lie in blocks inside.
func component(k schema.Kind, path string) (string, bool) {
	name, rest, inside := strings.Cut(path, ".")
	if !inside {
		text := schema.Explain(k, name)
		if where, drawing := flow(k, name); drawing != "" {
			text += fmt.Sprintf("\nData flow, up to the loss, in %s\n\n%s\n", where, schema.Indented(drawing, "  "))
		}
		return text, text != ""
	}
	c := k.Component(name)
	if c == nil {
		return "", false
	}
	s := schema.Of(c)
	for {
		head, tail, more := strings.Cut(rest, ".")
		if f := s.Field(head); f != nil && !more {
			return argument(k.Name()+"."+path, f), true
		}
		child := s.Child(head)
		if child == nil || child.Kind != nil || !more {
			return "", false
		}
		s, rest = schema.Of(child.New("name")), tail
	}
}

// argument explains one argument.
func argument(path string, f *schema.Field) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n\n  %s\n", strings.TrimPrefix(path, blockKind+"."), f.Type, f.Doc)
	for _, r := range f.Rules {
		fmt.Fprintf(&b, "  Must be %s.\n", r.Text)
	}
	switch {
	case f.Required:
		b.WriteString("  Required.\n")
	case f.Default == nil:
		b.WriteString("  Unset unless it is written.\n")
	default:
		fmt.Fprintf(&b, "  Default: %s\n", schema.Literal(f.Default))
	}
	return b.String()
}

// overview lists every component of every kind.
func overview() string {
	var b strings.Builder
	for i, k := range kinds() {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(listing(k))
	}
	return b.String()
}

func listing(k schema.Kind) string {
	var b strings.Builder
	b.WriteString(k.Name() + "\n")
	t := newTable(&b)
	for _, name := range k.Names() {
		info, _ := k.Info(name)
		fmt.Fprintf(t, "  %s\t%s\n", name, schema.Summary(info.Doc))
	}
	_ = t.Flush() // a strings.Builder does not fail
	return b.String()
}

// topics lists what explain knows, for completion and "did you mean".
func topics() []string {
	var out []string
	for _, k := range kinds() {
		if k.Name() == blockKind {
			out = append(out, k.Names()...)
			continue
		}
		out = append(out, k.Name())
		for _, name := range k.Names() {
			out = append(out, k.Name()+"."+name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
