package python

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// number reads the spelling of a number. An int beyond 64 bits is none of a configuration's.
func (e *evaluator) number(n *node) Value {
	text := e.src.src(n)
	v := Value{At: e.src.at(n), Text: text}
	plain := strings.ReplaceAll(text, "_", "")
	if strings.HasSuffix(strings.ToLower(plain), "j") {
		return e.fail(n, "Unsupported number", "The number %s is no int or float of a configuration.", short(text))
	}
	if n.kind == "integer" {
		if len(plain) > 1 && plain[0] == '0' && strings.Trim(plain, "0123456789") == "" && strings.Trim(plain, "0") != "" {
			return e.fail(n, "Syntax error", "A whole number does not begin with 0 in Python 3; found %s.", text)
		}
		if x, err := strconv.ParseInt(strings.TrimLeft(plain, "0"), 10, 64); err == nil || strings.Trim(plain, "0") == "" {
			v.X = x
			return v
		}
		x, err := strconv.ParseInt(plain, 0, 64)
		if err != nil {
			return e.fail(n, "Number out of range", "Whole numbers of up to 64 bits are read; found %s.", short(text))
		}
		v.X = x
		return v
	}
	x, err := strconv.ParseFloat(plain, 64)
	if err != nil && !math.IsInf(x, 0) {
		return e.fail(n, "Unsupported number", "The number %s is no int or float of a configuration.", short(text))
	}
	v.X = x
	return v
}

// predefined are the templates that upstream replaces in the text of a file, here inside its texts.
var predefined = regexp.MustCompile(`\{\{\s*(fileDirname|fileBasename|fileBasenameNoExtension|fileExtname)\s*\}\}`)

// text evaluates a literal text with its prefix, escapes and interpolations.
func (e *evaluator) text(n *node) Value {
	var b strings.Builder
	prefix, open := "", 0
	known := true
	for _, k := range n.kids {
		src := e.src.src(k)
		switch k.kind {
		case "string_start":
			prefix, open = strings.ToLower(strings.TrimRight(src, `'"`)), k.end
			if strings.Contains(prefix, "b") {
				return e.fail(n, "Unsupported value", "Bytes are no value of a configuration; found %s.", short(e.src.src(n)))
			}
		case "interpolation":
			b.WriteString(e.unescape(n, string(e.src.text[open:k.start]), prefix))
			part, ok := e.interpolation(k)
			known = known && ok
			b.WriteString(part)
			open = k.end
		case "string_end":
			b.WriteString(e.unescape(n, string(e.src.text[open:k.start]), prefix))
		}
		if b.Len() > maxText {
			return e.fail(n, "Value too large", "A text has at most %d bytes.", maxText)
		}
	}
	if !known {
		return Value{X: Unknown{}, At: e.src.at(n)}
	}
	return Value{X: e.template(b.String()), At: e.src.at(n)}
}

// template replaces the predefined variables: folder, name, name without extension and extension of the file.
func (e *evaluator) template(s string) string {
	return predefined.ReplaceAllStringFunc(s, func(t string) string {
		name := e.src.name[strings.LastIndexAny(e.src.name, `/\`)+1:]
		dot := strings.LastIndexByte(name, '.')
		if dot <= 0 {
			dot = len(name)
		}
		switch strings.Trim(t, "{} \t\r\n") {
		case "fileDirname":
			return e.l.absDir(e.src.name)
		case "fileBasename":
			return name
		case "fileBasenameNoExtension":
			return name[:dot]
		}
		return name[dot:]
	})
}

// interpolation evaluates {expression!r:format} of an f-string.
func (e *evaluator) interpolation(n *node) (string, bool) {
	var out string
	ok := true
	for _, k := range n.kids {
		switch k.kind {
		case "type_conversion":
			if e.src.src(k) == "!r" {
				out = Repr(e.expr(n.child("expression")))
			}
		case "format_specifier":
			e.fail(k, "Unsupported expression", "Formats of f-strings are not evaluated. Write the text itself.")
			ok = false
		default:
			if k.field == "expression" {
				v := e.expr(k)
				if _, unknown := v.X.(Unknown); unknown {
					ok = false
				}
				out = str(v)
			}
		}
	}
	return out, ok
}

// str is Python's str().
func str(v Value) string {
	if s, ok := v.X.(string); ok {
		return s
	}
	return Repr(v)
}

// simple are the escapes of one character.
var simple = map[byte]string{'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

// unescape resolves escapes; an unknown one keeps its backslash. In f-strings doubled braces are one.
func (e *evaluator) unescape(n *node, s, prefix string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if strings.Contains(prefix, "f") {
		s = strings.NewReplacer("{{", "{", "}}", "}").Replace(s)
	}
	if strings.Contains(prefix, "r") || !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if t, ok := simple[s[i]]; ok {
			b.WriteString(t)
			continue
		}
		digits, base := 0, 16
		switch c := s[i]; {
		case c == 'x':
			digits = 2
		case c == 'u':
			digits = 4
		case c == 'U':
			digits = 8
		case c == 'N':
			e.fail(n, "Unsupported escape", `Characters by name (\N{…}) are not read. Write the character itself.`)
			continue
		case c >= '0' && c <= '7':
			base = 8
			for digits = 1; digits < 3 && i+digits < len(s) && s[i+digits] >= '0' && s[i+digits] <= '7'; digits++ {
			}
			i--
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
			continue
		}
		end := min(i+1+digits, len(s))
		r, err := strconv.ParseUint(s[i+1:end], base, 32)
		if err != nil || end-i-1 < digits || r > utf8.MaxRune || r >= 0xd800 && r < 0xe000 || r == 0 {
			e.fail(n, "Invalid escape", `The escape \%s names no character of a text.`, s[i:end])
			continue
		}
		b.WriteRune(rune(r))
		i = end - 1
	}
	return b.String()
}

// short cuts a text for a message.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
