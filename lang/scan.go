package lang

import (
	"bytes"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"ssc/lang/diag"
)

// scan checks a text against the bounds on depth and length before the parser, which is recursive, sees it. It follows the lexical
// grammar of HCL (strings, templates, heredocs, comments) without recursion, in time and memory linear in the text, and never counts
// less than the parser will recurse. start is where the text begins in its file.
func scan(src []byte, filename string, start hcl.Pos) hcl.Diagnostics {
	return scanTo(MaxDepth, src, filename, start)
}

// scanTo is scan with another bound on depth.
func scanTo(limit int, src []byte, filename string, start hcl.Pos) hcl.Diagnostics {
	s := scanner{src: src, filename: filename, start: start, limit: limit, stack: []frame{{kind: inFile}}}
	if !utf8.Valid(src) {
		for s.pos < len(src) {
			r, n := utf8.DecodeRune(src[s.pos:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			s.pos += n
		}
		return s.fail(s.pos, "Invalid character encoding", "A pipeline file is UTF-8 text, and this byte is not. Save the file as UTF-8.")
	}
	for s.pos < len(src) && s.diags == nil {
		switch s.top().kind {
		case inQuotes:
			s.quoted()
		case inHeredoc:
			s.heredoc()
		default:
			s.code()
		}
		if s.tokens++; s.tokens > MaxTokens {
			s.fail(s.pos, "File too long", "The file has more than %d words and symbols, which is the limit. Split it.", MaxTokens)
		}
	}
	return s.diags
}

// Kinds of frame; an opening bracket is its own kind.
const (
	inFile    = 0
	inBlock   = '{' // also an object
	inSeq     = '$' // ${ … } or %{ … } inside a string
	inQuotes  = '"'
	inHeredoc = '<'
)

// frame is a bracket, string or template sequence that is open.
type frame struct {
	kind byte
	// extra is what the frame adds to the depth beside itself: operators of the current expression, open %{ if } of a string.
	extra  int
	marker []byte // that ends a heredoc
	middle bool   // of a line of a heredoc, where the marker does not count
}

type scanner struct {
	src      []byte
	filename string
	start    hcl.Pos
	pos      int
	stack    []frame
	depth    int // frames and their extras
	limit    int // of depth
	operand  bool
	tokens   int
	diags    hcl.Diagnostics
}

func (s *scanner) top() *frame { return &s.stack[len(s.stack)-1] }

func (s *scanner) has(prefix string) bool { return bytes.HasPrefix(s.src[s.pos:], []byte(prefix)) }

func (s *scanner) at(i int) byte {
	if s.pos+i < len(s.src) {
		return s.src[s.pos+i]
	}
	return 0
}

func (s *scanner) push(f frame) {
	s.deepen(1)
	s.stack = append(s.stack, f)
	s.operand = false
}

func (s *scanner) pop() {
	s.depth -= 1 + s.top().extra
	s.stack = s.stack[:len(s.stack)-1]
	s.operand = true
}

func (s *scanner) deepen(n int) {
	if s.depth += n; s.depth > s.limit {
		s.fail(s.pos, "Expression too deep", "Brackets, templates and operators nest more than %d levels deep here, which is the limit. Name the parts in locals.", s.limit)
	}
}

// operator counts one more operator of the expression that the top frame holds.
func (s *scanner) operator(length int) {
	s.top().extra++
	s.deepen(1)
	s.operand = false
	s.pos += length
}

// separate ends the expression that the top frame holds.
func (s *scanner) separate() {
	s.depth -= s.top().extra
	s.top().extra = 0
	s.operand = false
}

// code consumes one token outside strings.
func (s *scanner) code() {
	switch c := s.at(0); {
	case c == ' ' || c == '\t':
		s.pos++
		s.tokens--
	case c == '\n':
		if k := s.top().kind; k == inFile || k == inBlock {
			s.separate()
		}
		s.pos++
	case c == '#' || s.has("//"):
		s.skipLine()
	case s.has("/*"):
		s.skipComment()
	case c == '"':
		s.push(frame{kind: inQuotes})
		s.pos++
	case s.has("<<") && s.openHeredoc():
	case c >= '0' && c <= '9':
		s.number()
	case letter(c):
		s.word()
	default:
		s.symbol(c)
	}
}

func (s *scanner) symbol(c byte) {
	switch {
	case c == '(' || c == '[' || c == '{':
		if c == '[' && s.operand {
			s.operator(0)
		}
		s.push(frame{kind: c})
		s.pos++
	case c == '}':
		s.closeBrace()
		s.pos++
	case c == ')' || c == ']':
		if k := s.top().kind; c == ')' && k == '(' || c == ']' && k == '[' {
			s.pop()
		}
		s.pos++
	case c == ',':
		s.separate()
		s.pos++
	case s.has("==") || s.has("!=") || s.has("<=") || s.has(">=") || s.has("&&") || s.has("||"):
		s.operator(2)
	case s.has("=>"):
		s.operand = false
		s.pos += 2
	case bytes.IndexByte([]byte("+-*/%!?.<>&|"), c) >= 0:
		s.operator(1)
	default:
		s.operand = false
		s.pos++
	}
}

// closeBrace leaves the innermost braces or template sequence, and with it every bracket left open inside.
func (s *scanner) closeBrace() {
	for i := len(s.stack) - 1; i > 0; i-- {
		k := s.stack[i].kind
		if k == inQuotes || k == inHeredoc {
			return
		}
		if k == inBlock || k == inSeq {
			for len(s.stack) > i {
				s.pop()
			}
			return
		}
	}
}

func (s *scanner) skipLine() {
	n := bytes.IndexByte(s.src[s.pos:], '\n')
	if n < 0 {
		n = len(s.src) - s.pos
	}
	s.pos += n
}

func (s *scanner) skipComment() {
	n := bytes.Index(s.src[s.pos+2:], []byte("*/"))
	if n < 0 {
		s.fail(s.pos, "Unclosed comment", "The comment that starts here does not end. Write */ where it should.")
		return
	}
	s.pos += 2 + n + 2
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// word consumes an identifier. A dash belongs to it only while all is ASCII: beyond, what is a letter is left to the parser, and a dash
// counts as an operator to be safe.
func (s *scanner) word() {
	ascii := true
	for c := s.at(0); letter(c) || digit(c) || c == '-' && ascii; c = s.at(0) {
		ascii = ascii && c < utf8.RuneSelf
		s.pos++
	}
	s.operand = true
}

func (s *scanner) number() {
	begin, exponent := s.pos, -1
	for {
		switch c := s.at(0); {
		case digit(c):
			if exponent >= 0 {
				exponent++
			}
			s.pos++
		case c == '.' && digit(s.at(1)):
			s.pos++
		case (c == 'e' || c == 'E') && digit(s.at(1)):
			exponent = 0
			s.pos++
		case (c == 'e' || c == 'E') && (s.at(1) == '+' || s.at(1) == '-') && digit(s.at(2)):
			exponent = 0
			s.pos += 2
		default:
			s.operand = true
			if s.pos-begin > MaxNumber {
				s.fail(begin, "Number too long", "The number has %d characters; the limit is %d. Write fewer digits.", s.pos-begin, MaxNumber)
			}
			return
		}
		if exponent > MaxExponent {
			s.fail(begin, "Number out of range", "The exponent has more than %d digits, which is the limit. Write a number between -1e308 and 1e308.", MaxExponent)
			return
		}
	}
}

// openSequence enters a ${ or %{ of a string, or skips the character or escape that is none.
func (s *scanner) openSequence() {
	c := s.at(0)
	switch {
	case s.at(1) == c && s.at(2) == '{':
		s.pos += 3
	case s.at(1) == '{':
		if c == '%' {
			s.directive()
		}
		s.push(frame{kind: inSeq})
		s.pos += 2
	default:
		s.pos++
	}
}

// directive counts a %{ if } or %{ for } of the string that it stands in, until its end.
func (s *scanner) directive() {
	rest := bytes.TrimLeft(bytes.TrimPrefix(s.src[s.pos+2:], []byte("~")), " \t\n")
	n := 0
	for n < len(rest) && (letter(rest[n]) || digit(rest[n]) || rest[n] == '-') {
		n++
	}
	switch string(rest[:n]) {
	case "endif", "endfor":
		if s.top().extra > 0 {
			s.top().extra--
			s.depth--
		}
	case "else":
	default:
		s.top().extra++
		s.deepen(1)
	}
}

func (s *scanner) quoted() {
	switch c := s.at(0); {
	case c == '"':
		s.pop()
		s.pos++
	case c == '\\' && s.at(1) != '\n' && s.at(1) != '\r':
		s.pos += 2
	case c == '$' || c == '%':
		s.openSequence()
	default:
		n := bytes.IndexAny(s.src[s.pos+1:], "\"\\$%")
		if n < 0 {
			n = len(s.src) - s.pos - 1
		}
		s.pos += 1 + n
	}
}

// openHeredoc enters a heredoc when <<MARKER or <<-MARKER and the end of the line stand here.
func (s *scanner) openHeredoc() bool {
	line := s.src[s.pos+2:]
	n := bytes.IndexByte(line, '\n')
	if n < 0 {
		return false
	}
	marker := bytes.TrimSuffix(bytes.TrimPrefix(line[:n], []byte("-")), []byte("\r"))
	if len(marker) > MaxNumber || !hclsyntax.ValidIdentifier(string(marker)) {
		return false
	}
	s.push(frame{kind: inHeredoc, marker: marker})
	s.pos += 2 + n + 1
	return true
}

func (s *scanner) heredoc() {
	rest := s.src[s.pos:]
	n := bytes.IndexAny(rest, "$%\n")
	f := s.top()
	switch {
	case n < 0:
		s.pos = len(s.src)
	case rest[n] != '\n':
		f.middle = true
		s.pos += n
		s.openSequence()
	case !f.middle && bytes.Equal(bytes.TrimSpace(rest[:n]), f.marker):
		s.pop()
		s.pos += n // the line's end belongs to the code after the heredoc
	default:
		f.middle = false
		s.pos += n + 1
	}
}

func (s *scanner) fail(at int, summary, format string, args ...any) hcl.Diagnostics {
	if s.diags == nil {
		r := s.rangeOf(at)
		s.diags = hcl.Diagnostics{diag.Errorf(r, r, summary, format, args...)}
	}
	return s.diags
}

// rangeOf is the one character at a byte of the text.
func (s *scanner) rangeOf(at int) hcl.Range {
	before := s.src[:min(at, len(s.src))]
	pos := hcl.Pos{Line: s.start.Line + bytes.Count(before, []byte("\n")), Byte: s.start.Byte + at}
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	pos.Column = 1 + utf8.RuneCount(line)
	if pos.Line == s.start.Line {
		pos.Column += s.start.Column - 1
	}
	end := pos
	if at < len(s.src) {
		end.Byte++
		end.Column++
	}
	return hcl.Range{Filename: s.filename, Start: pos, End: end}
}
