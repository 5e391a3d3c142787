package fastagency

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// How the generated code reads values of every kind. Each function leaves the reader after its value.

func readString(r *reader) string {
	if r.peek() != '"' {
		r.fail("must be a string")
		return ""
	}
	return string(unquote(r.skip()))
}

func readMatching(r *reader, pattern *regexp.Regexp) string {
	r.peek()
	start := r.pos
	text := readString(r)
	if r.fault == nil && !pattern.MatchString(text) {
		r.failAt(start, "", "must match "+pattern.String())
	}
	return text
}

func readAtLeast(r *reader, length int, read func(*reader) string) string {
	r.peek()
	start := r.pos
	text := read(r)
	if r.fault == nil && len(text) < length*utf8.UTFMax && utf8.RuneCountInString(text) < length {
		r.failAt(start, "", "must have at least "+strconv.Itoa(length)+" characters")
	}
	return text
}

func readConst(r *reader, value string) string {
	r.peek()
	start := r.pos
	if text := readString(r); r.fault == nil && text != value {
		r.failAt(start, "", "must be "+strconv.Quote(value))
	}
	return value
}

func readBool(r *reader) bool {
	switch r.peek() {
	case 't':
		r.pos += len("true")
		return true
	case 'f':
		r.pos += len("false")
	default:
		r.fail("must be a boolean")
	}
	return false
}

func readInt(r *reader) int64 {
	kind, start := r.kind(), r.pos
	number, err := strconv.ParseInt(string(r.skip()), 10, 64)
	switch {
	case kind != '0' || errors.Is(err, strconv.ErrSyntax):
		r.failAt(start, "", "must be an integer")
	case err != nil:
		r.failAt(start, "", "must be an integer of 64 bits")
	}
	return number
}

func readFloat(r *reader) float64 {
	kind, start := r.kind(), r.pos
	number, err := strconv.ParseFloat(string(r.skip()), 64)
	switch {
	case kind != '0':
		r.failAt(start, "", "must be a number")
	case err != nil || math.IsInf(number, 0):
		r.failAt(start, "", "must be a number of 64 bits")
	}
	return number
}

func readJSON(r *reader) json.RawMessage {
	return r.skip()
}

func readNotNull(r *reader) json.RawMessage {
	if r.peek() == 'n' {
		r.fail("must not be null")
	}
	return r.skip()
}

func readJSONObject(r *reader) json.RawMessage {
	if r.peek() != '{' {
		r.fail("must be an object")
	}
	return r.skip()
}

func readList[T any](r *reader, read func(*reader) T) []T {
	if r.peek() != '[' {
		r.fail("must be a list")
		return nil
	}
	r.pos++
	list := []T{}
	for c := r.peek(); c != ']' && c != 0; c = r.peek() {
		if c == ',' {
			r.pos++
		}
		list = append(list, read(r))
	}
	r.pos++
	return list
}

// readPointer reads a value that is there, for a field that may be absent.
func readPointer[T any](r *reader, read func(*reader) T) *T {
	value := read(r)
	return &value
}

// readNullable reads a value that may be null.
func readNullable[T any](r *reader, read func(*reader) T) *T {
	if r.null() {
		return nil
	}
	return readPointer(r, read)
}

// readOrNil reads a value that may be null, where T has a nil of its own.
func readOrNil[T any](r *reader, read func(*reader) T) T {
	var none T
	if r.null() {
		return none
	}
	return read(r)
}

func readOptional[T any](r *reader, read func(*reader) T) Optional[T] {
	return Optional[T]{Present: true, Value: readNullable(r, read)}
}
