package schema

// Walk visits the components that Decode filled from the descendants of b, in order.
func Walk(b *Block, visit func(c Component, b *Block)) {
	if b.set == nil {
		return
	}
	for _, cf := range b.set.Children {
		for _, h := range cf.Held() {
			if h.Block == nil {
				continue
			}
			visit(h.Comp, h.Block)
			Walk(h.Block, visit)
		}
	}
}
