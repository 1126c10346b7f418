package survey

import (
	"slices"
	"strings"
)

// Layout says which folders are taken for classes. That is a guess: folders may also be days or cameras.
type Layout struct {
	Classes []Class `json:"classes"` // by name
	// Train and Test are the folders of a data set that was parted by its makers, as "train" and "val"; empty where it was not.
	Train string `json:"train,omitempty"`
	Test  string `json:"test,omitempty"`
}

// Class is a folder and the number of images in it.
type Class struct {
	Name   string `json:"name"`
	Images int    `json:"images"`
}

// leastPerClass is how many images a folder must have on the average to be taken for a class.
const leastPerClass = 5

// tests are the usual names of the other part.
var tests = []string{"val", "valid", "validation", "test"}

// layout finds classes in the paths of images. Every image lies in one of at least two folders, or in train and its other part, which have the same folders.
func layout(names []string) *Layout {
	if top, loose := tally(names, ""); !loose && slices.ContainsFunc(top, named("train")) {
		for _, test := range tests {
			train, loose1 := tally(names, "train/")
			other, loose2 := tally(names, test+"/")
			if len(other) > 0 && !loose1 && !loose2 && classes(train) && sameNames(train, other) {
				return &Layout{train, "train", test}
			}
		}
		return nil
	}
	if top, loose := tally(names, ""); !loose && classes(top) {
		return &Layout{Classes: top}
	}
	return nil
}

// tally counts the images of each folder directly below the prefix; loose: some lie in none.
func tally(names []string, prefix string) (out []Class, loose bool) {
	count := map[string]int{}
	for _, n := range names {
		rest, below := strings.CutPrefix(n, prefix)
		if !below {
			continue
		}
		folder, _, inside := strings.Cut(rest, "/")
		if !inside {
			return nil, true
		}
		count[folder]++
	}
	for name, n := range count {
		out = append(out, Class{name, n})
	}
	slices.SortFunc(out, func(a, b Class) int { return strings.Compare(a.Name, b.Name) })
	return out, false
}

func classes(list []Class) bool {
	images := 0
	for _, c := range list {
		images += c.Images
	}
	return len(list) >= 2 && images >= leastPerClass*len(list)
}

func sameNames(a, b []Class) bool {
	return slices.EqualFunc(a, b, func(x, y Class) bool { return x.Name == y.Name })
}

func named(name string) func(Class) bool { return func(c Class) bool { return c.Name == name } }
