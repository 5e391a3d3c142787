package fastagency

import (
	"encoding/json"
	"errors"
	"math"
	"sort"
	"strconv"
	"unicode/utf8"
)

// writer collects a JSON text; the generated write functions say what comes where. The first error stays.
//
// encoding/json is not used for it, because it replaces what is not UTF-8 instead of refusing it, and escapes
// what needs no escape.
type writer struct {
	data []byte
	err  error
}

// encode writes one value as a whole text.
func encode[T any](value T, write func(*writer, T)) ([]byte, error) {
	w := &writer{data: make([]byte, 0, 512)}
	write(w, value)
	if w.err != nil {
		return nil, w.err
	}
	return w.data, nil
}

func (w *writer) fail(why string) {
	if w.err == nil {
		w.err = errors.New("fastagency: " + why)
	}
}

func (w *writer) begin() {
	w.data = append(w.data, '{')
}

func (w *writer) end() {
	w.data = append(w.data, '}')
}

// key starts a field; it is given with its quotes and the colon.
func (w *writer) key(key string) {
	if w.data[len(w.data)-1] != '{' {
		w.data = append(w.data, ',')
	}
	w.data = append(w.data, key...)
}

func (w *writer) null() {
	w.data = append(w.data, "null"...)
}

// extra writes the fields that the protocol does not know, in the order of their names.
func (w *writer) extra(extra map[string]json.RawMessage, known ...string) {
	names := make([]string, 0, len(extra))
	for name := range extra {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, field := range known {
			if name == field {
				w.fail("Extra holds " + strconv.Quote(name) + ", which is a field of its own")
			}
		}
		w.key("")
		writeString(w, name)
		w.data = append(w.data, ':')
		writeJSON(w, extra[name])
	}
}

func writeString(w *writer, text string) {
	if !utf8.ValidString(text) {
		w.fail("a text is not UTF-8")
	}
	w.data = append(w.data, '"')
	done := 0
	for at := 0; at < len(text); at++ {
		c := text[at]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		w.data = append(w.data, text[done:at]...)
		done = at + 1
		switch c {
		case '"', '\\':
			w.data = append(w.data, '\\', c)
		case '\n':
			w.data = append(w.data, `\n`...)
		case '\r':
			w.data = append(w.data, `\r`...)
		case '\t':
			w.data = append(w.data, `\t`...)
		default:
			const hex = "0123456789abcdef"
			w.data = append(w.data, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	w.data = append(w.data, text[done:]...)
	w.data = append(w.data, '"')
}

func writeBool(w *writer, value bool) {
	w.data = strconv.AppendBool(w.data, value)
}

func writeInt(w *writer, number int64) {
	w.data = strconv.AppendInt(w.data, number, 10)
}

func writeFloat(w *writer, number float64) {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		w.fail("NaN and infinities are not JSON")
		return
	}
	w.data = strconv.AppendFloat(w.data, number, 'g', -1, 64)
}

// writeJSON writes free JSON; nil stands for null.
func writeJSON(w *writer, raw json.RawMessage) {
	if raw == nil {
		w.null()
		return
	}
	if why := notJSON(raw); why != "" {
		w.fail("free JSON: " + why)
	}
	w.data = append(w.data, raw...)
}

// writeJSONObject writes a free JSON object; nil stands for an empty one.
func writeJSONObject(w *writer, raw json.RawMessage) {
	if raw == nil {
		w.data = append(w.data, "{}"...)
		return
	}
	if (&reader{data: raw}).peek() != '{' {
		w.fail("free JSON: it must be an object")
	}
	writeJSON(w, raw)
}

func writeList[T any](w *writer, list []T, write func(*writer, T)) {
	w.data = append(w.data, '[')
	for place, item := range list {
		if place > 0 {
			w.data = append(w.data, ',')
		}
		write(w, item)
	}
	w.data = append(w.data, ']')
}

func writeNullable[T any](w *writer, value *T, write func(*writer, T)) {
	if value == nil {
		w.null()
		return
	}
	write(w, *value)
}
