package datasource

import "math"

// distance is the signed distance, roughly, from the outline of a shape that fills the square from -1 to 1: negative inside. y grows
// downwards.
//
// Source of the forms: Quilez, "2D distance functions".
func distance(shape int, x, y float64) float64 {
	switch shape {
	case 0: // disc
		return math.Hypot(x, y) - 0.95
	case 1: // square
		return box(x, y, 0.8, 0.8)
	case 2: // triangle
		return max(math.Abs(x)*0.87-(y+0.95)*0.48, y-0.75)
	case 3: // star
		return star(x, y)
	case 4: // plus
		return min(box(x, y, 0.95, 0.3), box(x, y, 0.3, 0.95))
	case 5: // ring
		return math.Abs(math.Hypot(x, y)-0.7) - 0.25
	case 6: // crescent
		return max(math.Hypot(x, y)-0.95, 0.75-math.Hypot(x-0.45, y))
	case 7: // heart
		return heart(x, y)
	case 8: // bar
		return box(x, y, 0.95, 0.25)
	default: // L
		return min(box(x+0.45, y, 0.27, 0.9), box(x, y-0.63, 0.72, 0.27))
	}
}

// box is a rectangle of half-width w and half-height h.
func box(x, y, w, h float64) float64 { return max(math.Abs(x)-w, math.Abs(y)-h) }

// star has five points, the first one up: the distance from the nearer edge of the sector's point.
func star(x, y float64) float64 {
	const sector = 2 * math.Pi / 5
	a := math.Atan2(x, -y)
	a = math.Abs(a - sector*math.Round(a/sector))
	r := math.Hypot(x, y)
	px, py := r*math.Cos(a), r*math.Sin(a)
	// The edge runs from the point at (1, 0) to the notch at 0.45 and half a sector.
	nx, ny := 0.45*math.Cos(sector/2), 0.45*math.Sin(sector/2)
	length := math.Hypot(1-nx, ny)
	return ((px-1)*ny + py*(1-nx)) / length
}

// heart is the curve (x² + y² - 1)³ = x² y³, scaled into the square; comparing the cube roots of both sides keeps the slope even.
func heart(x, y float64) float64 {
	x, y = 1.2*x, 0.1-1.2*y
	return (x*x + y*y - 1 - math.Cbrt(x*x)*y) / 2.4
}

// painter returns the texture's colour at a place.
func (t *texture) painter() func(x, y float64) [3]float64 {
	sin, cos := math.Sincos(t.angle)
	per := t.cycles / 2 // cycles per half-width
	return func(x, y float64) [3]float64 {
		u, v := (x*cos+y*sin)*per+t.phase[0], (y*cos-x*sin)*per+t.phase[1]
		w := t.pattern(u, v)
		var c [3]float64
		for k := range c {
			c[k] = t.colours[0][k]*(1-w) + t.colours[1][k]*w
		}
		return c
	}
}

// pattern is the weight of the second colour; u and v count cycles.
func (t *texture) pattern(u, v float64) float64 {
	switch t.family {
	case 0: // stripes
		return wave(u)
	case 1: // checker
		return float64((int(math.Floor(2*u)) + int(math.Floor(2*v))) & 1)
	case 2: // dots
		x, y := u-math.Floor(u)-0.5, v-math.Floor(v)-0.5
		return step01(0.1 - x*x - y*y)
	case 3: // fractal noise
		return (4*t.smooth(u, v) + 2*t.smooth(2*u+17, 2*v+31) + t.smooth(4*u+53, 4*v+7)) / 7
	case 4: // rings
		return wave(math.Hypot(u-t.phase[0], v-t.phase[1]))
	case 5: // plaid
		return (wave(u) + wave(v)) / 2
	case 6: // gradient
		return min(max(0.5+(u-t.phase[0])/t.cycles, 0), 1)
	default: // cells
		return t.cells(u, v)
	}
}

func wave(u float64) float64 { return 0.5 + 0.5*math.Sin(2*math.Pi*u) }

func step01(x float64) float64 {
	if x > 0 {
		return 1
	}
	return 0
}

// at is the random value of a point of the integer grid.
func (t *texture) at(x, y int) float64 { return t.lattice[uint8(x*37+y*101+x*y*7)] }

// smooth interpolates the values of the grid.
func (t *texture) smooth(u, v float64) float64 {
	fx, fy := math.Floor(u), math.Floor(v)
	x, y := int(fx), int(fy)
	a, b := ease(u-fx), ease(v-fy)
	top := t.at(x, y)*(1-a) + t.at(x+1, y)*a
	bottom := t.at(x, y+1)*(1-a) + t.at(x+1, y+1)*a
	return top*(1-b) + bottom*b
}

func ease(x float64) float64 { return x * x * (3 - 2*x) }

// cells is the distance from the nearest of random points, one in each square of the grid.
func (t *texture) cells(u, v float64) float64 {
	fx, fy := math.Floor(u), math.Floor(v)
	nearest := 2.0
	for dy := -1.0; dy <= 1; dy++ {
		for dx := -1.0; dx <= 1; dx++ {
			x, y := int(fx+dx), int(fy+dy)
			px, py := fx+dx+t.at(x, y)-u, fy+dy+t.at(x+11, y+5)-v
			nearest = min(nearest, px*px+py*py)
		}
	}
	return min(math.Sqrt(nearest), 1)
}
