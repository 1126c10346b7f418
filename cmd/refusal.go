package cmd

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

var placed = regexp.MustCompile(`^(.+?):(\d+),(\d+): (.*)$`)

// refusals turns the text of the runtime's error, in which each problem begins with file:line,col where it has a place, into diagnostics.
func refusals(text string, sources map[string][]byte) hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, line := range strings.Split(text, "\n") {
		m := placed.FindStringSubmatch(line)
		switch {
		case m != nil:
			row, _ := strconv.Atoi(m[2]) // the pattern is digits; beyond an int it is a place that no file has
			col, _ := strconv.Atoi(m[3])
			at := header(filepath.FromSlash(m[1]), row, col, sources)
			out = append(out, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Unusable data", Detail: m[4], Subject: &at})
		case len(out) == 0:
			out = append(out, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Run refused", Detail: line})
		default: // the problem goes on
			out[len(out)-1].Detail += "\n" + line
		}
	}
	return out
}

// header is the range of a block's type and label, from its place to the brace; without the source only the place.
func header(file string, row, col int, sources map[string][]byte) hcl.Range {
	at := hcl.Range{Filename: file, Start: hcl.Pos{Line: row, Column: col}, End: hcl.Pos{Line: row, Column: col}}
	before := 0
	for i, line := range strings.SplitAfter(string(sources[file]), "\n") {
		if i+1 < row {
			before += len(line)
			continue
		}
		if letters := []rune(line); col >= 1 && col <= len(letters) {
			head, _, _ := strings.Cut(string(letters[col-1:]), "{")
			head = strings.TrimRight(head, " \t\r\n")
			at.Start.Byte = before + len(string(letters[:col-1]))
			at.End = hcl.Pos{Line: row, Column: col + utf8.RuneCountInString(head), Byte: at.Start.Byte + len(head)}
		}
		break
	}
	return at
}
