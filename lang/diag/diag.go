// Package diag builds, sorts and prints diagnostics.
//
// A diagnostic has a summary (a fixed phrase without names from the file), a detail (what was found, why it is wrong, what to write
// instead, in full sentences), and a subject (the tightest range that is wrong). It is made where the mistake is found, in any
// order; [Sort] puts a collection in the order of the source, which every printer here does just before printing.
//
//	diags = append(diags, diag.Errorf(arg.Range, block.Range, "Wrong type", "The argument %q takes a number.", arg.Name))
//	diag.Write(os.Stderr, pipeline.Sources, diags, diag.Options{Width: 100})
//
// Printers: [Write] for people, [JSON] for programs, [GitHub] and [JUnit] for continuous integration.
package diag

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Errorf makes an error at the subject. context is the range around it that belongs to the message, usually the block; it may be the
// subject itself.
func Errorf(subject, context hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &subject, Context: &context}
}

// At names the start of a range as file:line,col, the file relative to the working directory.
func At(r hcl.Range) string {
	return fmt.Sprintf("%s:%d,%d", Path(r.Filename), r.Start.Line, r.Start.Column)
}

// Path is the name of a file relative to the working directory, where that is shorter than its absolute name.
func Path(name string) string {
	if !filepath.IsAbs(name) {
		return filepath.ToSlash(name)
	}
	dir, err := os.Getwd()
	if err != nil {
		return name
	}
	rel, err := filepath.Rel(dir, name)
	if err != nil || len(rel) >= len(name) {
		return name
	}
	return filepath.ToSlash(rel)
}

// Sort returns the diagnostics in the order of files, lines and columns, those without a place first, and drops repetitions.
func Sort(diags hcl.Diagnostics) hcl.Diagnostics {
	out := slices.Clone(diags)
	slices.SortStableFunc(out, func(a, b *hcl.Diagnostic) int {
		ra, rb := place(a), place(b)
		return cmp.Or(strings.Compare(ra.Filename, rb.Filename), cmp.Compare(ra.Start.Line, rb.Start.Line),
			cmp.Compare(ra.Start.Column, rb.Start.Column), cmp.Compare(a.Severity, b.Severity),
			strings.Compare(a.Summary, b.Summary), strings.Compare(a.Detail, b.Detail))
	})
	return slices.CompactFunc(out, func(a, b *hcl.Diagnostic) bool {
		return a.Severity == b.Severity && a.Summary == b.Summary && a.Detail == b.Detail && place(a) == place(b)
	})
}

func place(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}
