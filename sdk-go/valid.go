package fastagency

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// notJSON says why a text is not JSON as the protocol means it, empty when it is.
func notJSON(data []byte) string {
	if !utf8.Valid(data) {
		return "it is not UTF-8"
	}
	if !json.Valid(data) {
		return "it is not JSON: " + json.Unmarshal(data, new(json.RawMessage)).Error()
	}
	if hasLoneSurrogate(data) {
		return "half of a surrogate pair is no character"
	}
	return ""
}

// hasLoneSurrogate looks through the escapes of a valid JSON text.
func hasLoneSurrogate(data []byte) bool {
	for {
		at := bytes.IndexByte(data, '\\')
		if at < 0 {
			return false
		}
		data = data[at:]
		unit := escapedUnit(data)
		switch {
		case unit < 0xD800 || unit > 0xDFFF:
			data = data[2:]
		case unit >= 0xDC00:
			return true
		default:
			if low := escapedUnit(data[6:]); low < 0xDC00 || low > 0xDFFF {
				return true
			}
			data = data[12:]
		}
	}
}

// escapedUnit returns the UTF-16 unit of the \u escape that data starts with, -1 when it starts with none.
func escapedUnit(data []byte) int {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(unit)
}

// unescape returns the character of the escape that data, a part of a valid text, starts with, and its length.
func unescape(data []byte) (c rune, size int) {
	switch data[1] {
	case 'u':
		unit := rune(escapedUnit(data))
		if !utf16.IsSurrogate(unit) {
			return unit, 6
		}
		return utf16.DecodeRune(unit, rune(escapedUnit(data[6:]))), 12
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	default: // A quote, a slash or a backslash, which stands for itself.
		return rune(data[1]), 2
	}
}
