package diag

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Record is a diagnostic for programs. A reader ignores fields that it does not know. Lines and columns count from 1, columns in
// characters as a reader sees them; all are 0 for a message without a place.
type Record struct {
	Severity  string `json:"severity"` // "error", "warning"
	Summary   string `json:"summary"`
	Detail    string `json:"detail"`
	File      string `json:"file,omitempty"` // relative to the working directory
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"end_line,omitempty"`
	EndColumn int    `json:"end_column,omitempty"`
}

// Records returns the sorted diagnostics.
func Records(diags hcl.Diagnostics) []Record {
	out := []Record{}
	for _, d := range Sort(diags) {
		r := Record{Severity: "error", Summary: d.Summary, Detail: d.Detail}
		if d.Severity == hcl.DiagWarning {
			r.Severity = "warning"
		}
		if s := d.Subject; s != nil {
			r.File, r.Line, r.Column, r.EndLine, r.EndColumn = Path(s.Filename), s.Start.Line, s.Start.Column, s.End.Line, s.End.Column
		}
		out = append(out, r)
	}
	return out
}

// JSON prints one object per line and diagnostic.
func JSON(w io.Writer, diags hcl.Diagnostics) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range Records(diags) {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// GitHub prints workflow commands that GitHub shows at the line of a pull request.
func GitHub(w io.Writer, diags hcl.Diagnostics) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, r := range Records(diags) {
		place := ""
		if r.File != "" {
			place = fmt.Sprintf("file=%s,line=%d,endLine=%d,", property.Replace(r.File), r.Line, r.EndLine)
			if r.EndLine == r.Line {
				place += fmt.Sprintf("col=%d,endColumn=%d,", r.Column, r.EndColumn)
			}
		}
		if _, err := fmt.Fprintf(w, "::%s %stitle=%s::%s\n", r.Severity, place, property.Replace(r.Summary), data.Replace(r.Detail)); err != nil {
			return err
		}
	}
	return nil
}

type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit prints a JUnit report: a failed case for each error, a passed one with output for each warning, and a single passed case when
// there is nothing to report.
func JUnit(w io.Writer, diags hcl.Diagnostics) error {
	s := junitSuite{Name: "ssc"}
	for _, r := range Records(diags) {
		at := r.Summary
		if r.File != "" {
			at = fmt.Sprintf("%s:%d,%d: %s", r.File, r.Line, r.Column, r.Summary)
		}
		c := junitCase{Name: at, Class: "ssc", File: r.File, Line: r.Line}
		if r.Severity == "error" {
			c.Failure = &junitFailure{Message: at, Text: r.Detail}
			s.Failures++
		} else {
			c.Out = r.Detail
		}
		s.Cases = append(s.Cases, c)
	}
	if len(s.Cases) == 0 {
		s.Cases = []junitCase{{Name: "configuration", Class: "ssc"}}
	}
	s.Tests = len(s.Cases)
	out, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, out)
	return err
}
