package datasource

import (
	"path"
	"slices"
	"strings"

	"ssc/lang/schema"
)

// globs choose files of a tree by the pattern of their path.
type globs struct{ include, exclude []string }

func (g *globs) args(set *schema.Set) {
	set.Strings(&g.include, "include", nil, "read only files that fit one of these patterns, whatever their extension, for example \"*.tif\" or \"left/**/*.png\"; "+
		"*, ? and [a-z] stand for parts of a name, ** for any folders, and a pattern without a slash is for the name alone; empty: all images")
	set.Strings(&g.exclude, "exclude", nil, "leave out files and whole folders that fit one of these patterns")
}

// check reports patterns that are none.
func (g *globs) check(r *schema.Report) {
	for arg, list := range map[string][]string{"include": g.include, "exclude": g.exclude} {
		for _, p := range list {
			if _, err := path.Match(strings.ReplaceAll(p, "**", "*"), ""); err != nil || p == "" {
				r.Errorf(arg, "Invalid value", "The pattern %q is malformed: a [ has no ], or there is nothing before or after a -.", p)
			}
		}
	}
}

// imageExtensions are those that are read where no pattern says what is. They are torchvision's and MMSelfSup's.
var imageExtensions = []string{".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm"}

// takes reports whether a file, with slashes in its path, belongs to the data set.
func (g *globs) takes(file string) bool {
	if g.leaves(file) {
		return false
	}
	if len(g.include) > 0 {
		return anyMatches(g.include, file)
	}
	return slices.Contains(imageExtensions, strings.ToLower(path.Ext(file)))
}

// leaves reports whether a file or folder is left out.
func (g *globs) leaves(file string) bool { return anyMatches(g.exclude, file) }

func anyMatches(patterns []string, file string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if !strings.Contains(p, "/") {
			return matches(p, path.Base(file))
		}
		return matchesPath(strings.Split(strings.TrimPrefix(p, "/"), "/"), strings.Split(file, "/"))
	})
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// matchesPath matches part by part. On a mismatch the last ** takes one more part: the first way found serves as well as any.
func matchesPath(pattern, parts []string) bool {
	p, i := 0, 0
	star, resume := -1, 0
	for i < len(parts) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			star, resume = p, i
			p++
		case p < len(pattern) && matches(pattern[p], parts[i]):
			p++
			i++
		case star >= 0:
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}
