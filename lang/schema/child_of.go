package schema

// ChildOf is [Child] for a kind whose components' Go type the caller does not know.
func ChildOf(s *Set, p *Component, typ string, k Kind, doc string, required bool) {
	*p = nil
	var held []Held
	c := &ChildField{Type: typ, Kind: k, Doc: doc, Max: 1,
		add: func(label string) Component {
			*p = k.Component(label)
			held = []Held{{Label: label, Comp: *p}}
			return *p
		},
		list: func() []Held { return held }}
	if required {
		c.Min = 1
	}
	s.Children = append(s.Children, c)
}
