package op

import (
	"bufio"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"ssc/compiler/ir"
)

// Manual writes the reference of the operators, sorted by name, as Markdown.
func Manual(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "# Operators\n\nThe standard operators, of ONNX opset 18, that graphs are made of. This page is printed from the code.\n")
	for _, name := range Names() {
		fmt.Fprint(b, "\n", Entry(table[name]))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the operators' reference: %w", err)
	}
	return nil
}

// Entry is an operator's section of a reference, as Markdown: name, meaning, attributes with their defaults, and the inputs that
// have a gradient in one of its samples.
func Entry(o ir.Op) string {
	var b strings.Builder
	doc := o.Doc()
	fmt.Fprintf(&b, "## %s\n\n%s\n", o.Name(), doc.Text)
	v := reflect.Indirect(reflect.ValueOf(o))
	rows := ""
	for i := range v.NumField() {
		if tag, ok := v.Type().Field(i).Tag.Lookup("attr"); ok {
			name, option, _ := strings.Cut(tag, ",")
			rows += fmt.Sprintf("| `%s` | %s | %s |\n", name, attrType(v.Field(i).Type()), attrDefault(v.Field(i), option == "omitempty"))
		}
	}
	if rows != "" {
		fmt.Fprintf(&b, "\n| attribute | type | default |\n|---|---|---|\n%s", rows)
	}
	var inputs []string
	for i, ok := range differentiable(doc.Samples) {
		if ok {
			inputs = append(inputs, strconv.Itoa(i))
		}
	}
	switch len(inputs) {
	case 0:
		b.WriteString("\nGradient: none.\n")
	case 1:
		fmt.Fprintf(&b, "\nGradient: of input %s.\n", inputs[0])
	default:
		last := len(inputs) - 1
		fmt.Fprintf(&b, "\nGradient: of inputs %s and %s.\n", strings.Join(inputs[:last], ", "), inputs[last])
	}
	return b.String()
}

// attrType names the type of an attribute as ONNX does.
func attrType(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[ir.DType]():
		return "element type"
	case t == reflect.TypeFor[*ir.Tensor]():
		return "tensor"
	case t.Kind() == reflect.Slice:
		return attrType(t.Elem()) + "s"
	case t.Kind() == reflect.Float64:
		return "float"
	case t.Kind() == reflect.Bool:
		return "0 or 1"
	}
	return t.Kind().String()
}

// attrDefault prints a prototype's value; – where the attribute is absent unless it is given.
func attrDefault(v reflect.Value, optional bool) string {
	switch {
	case v.Kind() == reflect.Bool && v.Bool():
		return "1"
	case v.Kind() == reflect.Bool:
		return "0"
	case v.IsZero() && (optional || v.Kind() == reflect.Slice || v.Kind() == reflect.Pointer):
		return "–"
	}
	return fmt.Sprint(v.Interface())
}

// differentiable tells, by input, whether Grad gives a gradient in one of the samples.
func differentiable(samples []ir.Sample) []bool {
	var found []bool
	for _, s := range samples {
		g := ir.New("manual")
		in := make([]*ir.Value, len(s.In))
		for i, a := range s.In {
			d := a.DType
			if d == ir.Invalid {
				d = ir.Float32
			}
			switch {
			case a.Value != nil:
				in[i] = Const(g, a.Value)
			case a.Dims != nil:
				in[i] = g.Input(fmt.Sprintf("x%d", i), d, ir.Dims(a.Dims...))
			}
		}
		dy := make([]*ir.Value, 0, 1)
		for _, y := range g.Apply(s.Op, in...) {
			if !y.Valid() || !y.DType.IsFloat() {
				y = nil
			}
			dy = append(dy, y)
		}
		if dy[0] == nil && len(dy) == 1 {
			continue
		}
		n := g.Nodes[len(g.Nodes)-1]
		for i, dx := range s.Op.Grad(n, dy) {
			for len(found) <= i {
				found = append(found, false)
			}
			found[i] = found[i] || dx != nil && in[i] != nil && in[i].DType.IsFloat()
		}
	}
	return found
}
