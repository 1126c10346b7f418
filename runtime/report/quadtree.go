package report

import "math"

// quadtree holds points of the plane with their centres of mass (Barnes & Hut, 1986). Its memory is used again by the next build.
type quadtree struct {
	cells []cell
	width float64 // of the root
}

type cell struct {
	x, y   float64  // centre of mass
	mx, my float64  // middle of the square
	count  float64  // points inside
	child  [4]int32 // 0: none
	leaf   bool
}

// deepest is the depth below which points count as one: the root's side divided by 2^deepest is far below the precision of a layout.
const deepest = 40

func (t *quadtree) build(points [][2]float64) {
	lo, hi := points[0], points[0]
	for _, p := range points {
		for d := range 2 {
			lo[d], hi[d] = min(lo[d], p[d]), max(hi[d], p[d])
		}
	}
	t.width = max(hi[0]-lo[0], hi[1]-lo[1])
	t.cells = append(t.cells[:0], cell{mx: (lo[0] + hi[0]) / 2, my: (lo[1] + hi[1]) / 2, leaf: true})
	for _, p := range points {
		t.insert(p)
	}
}

// insert walks from the root to a leaf, counting the point in on the way; a leaf that is taken is divided.
func (t *quadtree) insert(p [2]float64) {
	at, half := int32(0), t.width/2
	for depth := 0; ; depth++ {
		c := &t.cells[at]
		before := [2]float64{c.x, c.y}
		old := c.count
		c.x, c.y = (c.x*old+p[0])/(old+1), (c.y*old+p[1])/(old+1)
		c.count++
		if c.leaf {
			if old == 0 || depth == deepest || before == p {
				return
			}
			c.leaf = false
			below := t.child(at, half, before)
			t.cells[below].x, t.cells[below].y, t.cells[below].count = before[0], before[1], old
		}
		at = t.child(at, half, p)
		half /= 2
	}
}

// child is the quarter of a cell that a point lies in, made if need be.
func (t *quadtree) child(at int32, half float64, p [2]float64) int32 {
	c := &t.cells[at]
	q, mx, my := 0, c.mx-half/2, c.my-half/2
	if p[0] > c.mx {
		q, mx = q+1, c.mx+half/2
	}
	if p[1] > c.my {
		q, my = q+2, c.my+half/2
	}
	if c.child[q] == 0 {
		c.child[q] = int32(len(t.cells))
		t.cells = append(t.cells, cell{mx: mx, my: my, leaf: true})
		return int32(len(t.cells) - 1)
	}
	return c.child[q]
}

// repulsion is Σ_j w² (p − y_j) and Σ_j w over the other points, w = 1/(1+d²). A cell whose side is below theta times its distance counts as one point.
func (t *quadtree) repulsion(p [2]float64, theta float64) (f [2]float64, z float64) {
	type visit struct {
		cell  int32
		width float64
	}
	var stack [4 * deepest]visit
	stack[0], stack[0].width = visit{}, t.width
	for n := 1; n > 0; {
		n--
		v := stack[n]
		c := &t.cells[v.cell]
		dx, dy := p[0]-c.x, p[1]-c.y
		d2 := dx*dx + dy*dy
		if c.leaf || v.width*v.width < theta*theta*d2 {
			count := c.count
			if c.leaf && d2 == 0 {
				count-- // the point itself
			}
			w := 1 / (1 + d2)
			z += count * w
			f[0], f[1] = f[0]+count*w*w*dx, f[1]+count*w*w*dy
			continue
		}
		for _, k := range c.child {
			if k != 0 {
				stack[n] = visit{k, v.width / 2}
				n++
			}
		}
	}
	return f, math.Max(z, 0)
}
