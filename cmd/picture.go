package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ssc/compiler/ir"
	"ssc/compiler/pass"
	"ssc/compiler/plan"
)

// picture is a graph whose nodes are drawn together by component. It has no cycle: where a component is left and entered again, it has several boxes.
type picture struct {
	name  string
	boxes []*box
}

// box is a set of nodes that is drawn as one.
type box struct {
	id     int
	key    string // what its nodes' scopes begin with
	title  string
	kind   boxKind
	nodes  int
	ops    []string // the operators of its nodes, each once
	result string   // the output of the graph that its only node gives
	flops  int64
	params map[string]int64 // elements by parameter
	size   string           // of an input, or how many parameters
	detail string           // for an input: its type
	out    []*wire
	in     []*box
}

// wire is what flows from one box to another.
type wire struct {
	to     *box
	values []*ir.Value
}

// boxKind decides the colour.
type boxKind int

const (
	boxInput boxKind = iota
	boxForward
	boxGradient
	boxUpdate
)

// scopesOf maps the first part of a scope to its kind; everything else belongs to the forward part.
var scopesOf = map[string]boxKind{"grad": boxGradient, "guard": boxUpdate, "update": boxUpdate, "next": boxUpdate, "accumulate": boxUpdate, "scalars": boxUpdate, "metrics": boxUpdate, "grad_norm": boxUpdate}

// condenser builds a picture.
type condenser struct {
	picture *picture
	depth   int
	of      map[*ir.Value]*box
	params  map[string]bool
	state   map[string]bool
	latest  map[string]*box // the box of a key that was opened last
	outputs map[*ir.Value]string
}

// condense draws g with boxes for scopes of depth parts; 0 gives every node its own. State and constants are not drawn: a box tells how many parameters it reads.
func condense(g *ir.Graph, p *plan.Plan, depth int) *picture {
	c := &condenser{picture: &picture{name: g.Name}, depth: depth, of: map[*ir.Value]*box{}, params: map[string]bool{}, state: map[string]bool{}, latest: map[string]*box{}, outputs: map[*ir.Value]string{}}
	for _, v := range g.Outputs {
		c.outputs[v] = v.Name
	}
	for _, s := range p.State {
		c.state[s.Name] = true
		c.params[s.Name] = s.Role == plan.RoleParam
	}
	for _, v := range g.Inputs {
		if !c.state[v.Name] {
			b := c.open(v.Name, boxInput)
			b.title, b.size, b.detail = v.Name, sizes(v), v.Type.String()
			c.of[v] = b
		}
	}
	for _, n := range g.Nodes {
		if n.Out[0].Const() == nil {
			c.place(n)
		}
	}
	for _, b := range c.picture.boxes {
		b.finish()
	}
	return c.picture
}

func (c *condenser) open(key string, kind boxKind) *box {
	b := &box{id: len(c.picture.boxes), key: key, kind: kind, params: map[string]int64{}}
	c.picture.boxes = append(c.picture.boxes, b)
	return b
}

// place puts a node into a box and connects it.
func (c *condenser) place(n *ir.Node) {
	var before []*box
	for _, v := range n.In {
		if b := c.of[v]; v != nil && b != nil && !slices.Contains(before, b) {
			before = append(before, b)
		}
	}
	b := c.choose(n, before)
	flops, _ := pass.Cost(n)
	b.nodes++
	b.result = c.outputs[n.Out[0]]
	b.flops += flops
	if name := n.Op.Name(); !slices.Contains(b.ops, name) {
		b.ops = append(b.ops, name)
	}
	for _, v := range n.In {
		if v == nil {
			continue
		}
		if c.params[v.Name] && v.Def == nil {
			b.params[v.Name] = int64(v.Shape.Elems())
		}
		if from := c.of[v]; from != nil && from != b {
			from.connect(b, v)
		}
	}
	for _, v := range n.Out {
		c.of[v] = b
	}
}

// choose finds the box that a node joins, or opens one.
func (c *condenser) choose(n *ir.Node, before []*box) *box {
	parts := scope(n.Out[0].Name)
	key, kind := "", boxForward
	if k, ok := scopesOf[append(parts, n.Out[0].Name)[0]]; ok {
		kind = k
	}
	if c.depth == 0 {
		return c.open(key, kind)
	}
	key = strings.Join(parts[:min(c.depth, len(parts))], ".")
	if key == "" {
		if len(before) == 1 && before[0].kind != boxInput {
			return before[0]
		}
		for _, b := range before { // what follows the update belongs to it
			kind = max(kind, b.kind)
		}
		return c.open(key, kind)
	}
	if len(parts) < c.depth { // what joins the parts of a component belongs to the part before it
		for _, b := range before {
			if strings.HasPrefix(b.key, key+".") && joins(b, before) {
				return b
			}
		}
	}
	if b := c.latest[key]; b != nil && joins(b, before) {
		return b
	}
	c.latest[key] = c.open(key, kind)
	return c.latest[key]
}

// scope is the path of the component that a value's name tells; state after a step is called next.NAME.
func scope(name string) []string {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		if i = strings.LastIndexByte(name, '.'); i < 0 {
			return nil
		}
	}
	return strings.FieldsFunc(name[:i], func(r rune) bool { return r == '/' || r == '.' })
}

// joins reports whether a node that reads from the boxes before can be part of b without making a cycle: none of them depends on b, other than b itself.
func joins(b *box, before []*box) bool {
	seen := map[*box]bool{}
	var reaches func(from *box) bool
	reaches = func(from *box) bool {
		if seen[from] {
			return false
		}
		seen[from] = true
		for _, w := range from.out {
			if slices.Contains(before, w.to) || reaches(w.to) {
				return true
			}
		}
		return false
	}
	return !reaches(b)
}

func (b *box) connect(to *box, v *ir.Value) {
	i := slices.IndexFunc(b.out, func(w *wire) bool { return w.to == to })
	if i < 0 {
		i = len(b.out)
		b.out = append(b.out, &wire{to: to})
		to.in = append(to.in, b)
	}
	if !slices.Contains(b.out[i].values, v) {
		b.out[i].values = append(b.out[i].values, v)
	}
}

// label is the size of the largest value that flows, and how many others there are.
func (w *wire) label() string {
	text := sizes(slices.MaxFunc(w.values, func(a, b *ir.Value) int { return int(a.Type.Bytes() - b.Type.Bytes()) }))
	if n := len(w.values) - 1; n > 0 {
		text += fmt.Sprintf(" +%d", n)
	}
	return text
}

// sizes are those of a value's axes, or its type where it has none.
func sizes(v *ir.Value) string {
	out := make([]string, len(v.Shape))
	for i, d := range v.Shape {
		if out[i] = fmt.Sprint(d.Size); !d.Static() {
			out[i] = d.Name
		}
	}
	return cmp.Or(strings.Join(out, "×"), v.DType.String())
}

// partTitles are the names of the compiler's own parts for readers.
var partTitles = map[string]string{"grad": "gradient", "next": "next state"}

// maxTitleOps is how many operators name a box that belongs to no component.
const maxTitleOps = 3

// finish gives the box its title and details.
func (b *box) finish() {
	if b.kind == boxInput {
		return
	}
	b.title = b.key
	if part, ok := partTitles[b.key]; ok {
		b.title = part
	}
	if b.nodes == 1 && b.title == "" {
		b.title = b.result
	}
	if b.title == "" {
		b.title = strings.Join(b.ops[:min(len(b.ops), maxTitleOps)], ", ")
	}
	var details []string
	if b.nodes > 1 {
		details = append(details, count(b.nodes)+" nodes")
	}
	if len(b.params) > 0 && b.kind == boxForward {
		sum := int64(0)
		for _, n := range b.params {
			sum += n
		}
		b.size = amount(float64(sum)) + " parameters"
		details = append(details, b.size)
	}
	if b.flops > 0 {
		details = append(details, unit(b.flops)+"FLOPs")
	}
	b.detail = strings.Join(details, ", ")
}
