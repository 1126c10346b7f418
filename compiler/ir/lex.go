package ir

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// ParseError is what is wrong with a text, and where.
type ParseError struct {
	File         string
	Line, Column int // counted from 1, the column in characters
	Text         string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s:%d,%d: %s", e.File, e.Line, e.Column, e.Text)
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenString
	tokenPunct
)

// token is one lexical unit. text is the word, the unquoted string or the punctuation mark.
type token struct {
	kind         tokenKind
	text         string
	line, column int
}

func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the text"
	case tokenString:
		return strconv.Quote(t.text)
	}
	return strconv.Quote(t.text)[1 : len(strconv.Quote(t.text))-1]
}

// lexer cuts a text into tokens. White space and comments (# to the end of the line) separate them and mean nothing else.
type lexer struct {
	src          string
	file         string
	pos          int
	line, column int
}

// fail stops the parser; [Parse] recovers the error.
func (l *lexer) fail(t token, format string, args ...any) {
	panic(&ParseError{l.file, t.line, t.column, fmt.Sprintf(format, args...)})
}

func (l *lexer) next() token {
	l.skip()
	t := token{line: l.line, column: l.column}
	if l.pos == len(l.src) {
		return t
	}
	start := l.pos
	r, _ := utf8.DecodeRuneInString(l.src[l.pos:])
	switch {
	case isWord(r):
		t.kind = tokenWord
		for l.pos < len(l.src) && isWord(rune(l.src[l.pos])) {
			l.advance()
		}
		t.text = l.src[start:l.pos]
	case r == '"':
		t.kind, t.text = tokenString, l.str(t)
	default:
		l.advance()
		t.kind, t.text = tokenPunct, l.src[start:l.pos]
	}
	return t
}

// str reads a quoted string that ends on its line.
func (l *lexer) str(t token) string {
	start := l.pos
	l.advance()
	for l.pos < len(l.src) && l.src[l.pos] != '"' && l.src[l.pos] != '\n' {
		if l.src[l.pos] == '\\' && l.pos+1 < len(l.src) {
			l.advance()
		}
		l.advance()
	}
	if l.pos == len(l.src) || l.src[l.pos] != '"' {
		l.fail(t, "the string has no closing quote")
	}
	l.advance()
	s, err := strconv.Unquote(l.src[start:l.pos])
	if err != nil {
		l.fail(t, "%s is not a string: %v", l.src[start:l.pos], err)
	}
	return s
}

func (l *lexer) skip() {
	for l.pos < len(l.src) {
		switch l.src[l.pos] {
		case ' ', '\t', '\r', '\n':
			l.advance()
		case '#':
			for l.pos < len(l.src) && l.src[l.pos] != '\n' {
				l.advance()
			}
		default:
			return
		}
	}
}

// advance steps over one character.
func (l *lexer) advance() {
	_, n := utf8.DecodeRuneInString(l.src[l.pos:])
	if l.src[l.pos] == '\n' {
		l.line, l.column = l.line+1, 1
	} else {
		l.column++
	}
	l.pos += n
}
