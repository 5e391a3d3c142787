package fastagency

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// reader walks a JSON text from value to value; the generated read functions say what is expected where.
//
// encoding/json decides whether the text is JSON at all, before the walk. It does not decode it, because it
// takes what the protocol does not: field names in another casing, null for any value, required fields that
// are missing, halves of surrogate pairs.
//
// The first fault stays, and ends the walk: after it there is nothing more to read.
type reader struct {
	data  []byte
	pos   int
	fault *fault
}

// decode reads a whole text. The result may refer to data, which must not change any more.
func decode[T any](data []byte, read func(*reader) T) (T, error) {
	var none T
	if why := notJSON(data); why != "" {
		return none, &MalformedMessageError{Why: why, Text: strings.ToValidUTF8(string(data), "\ufffd")}
	}
	r := &reader{data: data}
	value := read(r)
	if r.fault != nil {
		return none, &MalformedMessageError{Why: r.fault.describe(data), Text: string(data)}
	}
	return value, nil
}

// decodeInto is what UnmarshalJSON of every type does.
func decodeInto[T any](data []byte, target *T, read func(*reader) T) error {
	value, err := decode(bytes.Clone(data), read)
	if err == nil {
		*target = value
	}
	return err
}

// readDefault reads a default of the spec.
func readDefault[T any](text string, read func(*reader) T) T {
	return read(&reader{data: []byte(text)})
}

func (r *reader) fail(why string) {
	r.failAt(r.pos, "", why)
}

func (r *reader) failAt(offset int, field, why string) {
	if r.fault == nil {
		r.fault = &fault{offset, field, why}
	}
	r.pos = len(r.data)
}

// peek moves to the next byte that is no white space and returns it, 0 at the end and after a fault.
func (r *reader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// kind returns the first byte of the next value; every number gives '0', every boolean 't'.
func (r *reader) kind() byte {
	switch c := r.peek(); {
	case c == '-' || '0' <= c && c <= '9':
		return '0'
	case c == 'f':
		return 't'
	default:
		return c
	}
}

// null passes over the next value if it is null.
func (r *reader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.pos += len("null")
	return true
}

// skip passes over the next value and returns its text.
func (r *reader) skip() []byte {
	c := r.peek()
	if c == 0 {
		return nil
	}
	start := r.pos
	switch c {
	case '"':
		r.pos = stringEnd(r.data, r.pos)
	case '{', '[':
		r.skipNested()
	default:
		for r.pos < len(r.data) && !endsLiteral(r.data[r.pos]) {
			r.pos++
		}
	}
	return r.data[start:r.pos:r.pos]
}

func endsLiteral(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', ',', ']', '}':
		return true
	}
	return false
}

func (r *reader) skipNested() {
	for depth := 0; r.pos < len(r.data); {
		switch r.data[r.pos] {
		case '"':
			r.pos = stringEnd(r.data, r.pos)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		r.pos++
		if depth == 0 {
			return
		}
	}
}

// stringEnd returns the offset after the string that starts at the offset start.
func stringEnd(data []byte, start int) int {
	for at := start + 1; at < len(data); at++ {
		switch data[at] {
		case '"':
			return at + 1
		case '\\':
			at++
		}
	}
	return len(data)
}

// unquote returns what a string token says. It may refer to the token.
func unquote(token []byte) []byte {
	token = token[1 : len(token)-1]
	at := bytes.IndexByte(token, '\\')
	if at < 0 {
		return token
	}
	text := make([]byte, 0, len(token))
	for ; at >= 0; at = bytes.IndexByte(token, '\\') {
		text = append(text, token[:at]...)
		c, size := unescape(token[at:])
		text = utf8.AppendRune(text, c)
		token = token[at+size:]
	}
	return append(text, token...)
}

// raw returns the text of the value from the offset start up to here. For the text's only value it is the
// whole text, white space included.
func (r *reader) raw(start int) json.RawMessage {
	if r.fault != nil || len(bytes.TrimLeft(r.data[:start], " \t\r\n")) == 0 {
		return r.data
	}
	return r.data[start:r.pos:r.pos]
}

// tag returns the string in the field name of the next value, an object, and stays before it.
func (r *reader) tag(name string) (value string, there bool) {
	r.peek()
	start := r.pos
	fields := r.object()
	for fields.next() {
		if string(fields.name) == name {
			value, there = readString(r), true
		} else {
			r.skip()
		}
	}
	if r.fault == nil {
		r.pos = start
	}
	return value, there
}

// seqIn returns the place in the log of a frame, a valid JSON text, and false for one that is not logged. It works
// for types that this version does not know, and for malformed ones (spec FA-RES-5).
func seqIn(frame []byte) (seq int64, ok bool) {
	return fieldIn(frame, "seq", readInt)
}

// stringIn returns the string in a field of a frame, and false where there is none.
func stringIn(frame []byte, name string) (text string, ok bool) {
	return fieldIn(frame, name, readString)
}

func fieldIn[T any](frame []byte, name string, read func(*reader) T) (value T, ok bool) {
	r := &reader{data: frame}
	fields := r.object()
	for fields.next() {
		if string(fields.name) == name && r.peek() != 'n' {
			value, ok = read(r), true
		} else {
			r.skip()
		}
	}
	return value, ok && r.fault == nil
}

// fields goes through the fields of one object.
type fields struct {
	r     *reader
	start int
	name  []byte
}

func (r *reader) object() fields {
	if r.peek() != '{' {
		r.fail("must be an object")
	}
	start := r.pos
	r.pos++
	return fields{r: r, start: start}
}

// next moves to the value of the next field, and says whether there is one.
func (f *fields) next() bool {
	c := f.r.peek()
	if c == ',' {
		f.r.pos++
		c = f.r.peek()
	}
	if c != '"' {
		f.r.pos++
		return false
	}
	f.name = unquote(f.r.skip())
	f.r.peek()
	f.r.pos++ // the colon
	return true
}

func (f *fields) require(name string, there bool) {
	if !there {
		f.r.failAt(f.start, name, "is missing")
	}
}

// keep adds the value of the field, one that the protocol does not know, to extra.
func (f *fields) keep(extra *map[string]json.RawMessage) {
	if *extra == nil {
		*extra = make(map[string]json.RawMessage)
	}
	name := string(f.name)
	(*extra)[name] = f.r.skip()
}
