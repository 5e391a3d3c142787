package fastagency

import (
	"strconv"
	"strings"
)

// fault is what is wrong with the value that starts at offset, or with a field of that value.
type fault struct {
	offset int
	field  string
	why    string
}

// describe says what is wrong and where, as in "content.choices.1: must be a string".
func (f *fault) describe(data []byte) string {
	steps := pathTo(data, f.offset)
	if f.field != "" {
		steps = append(steps, f.field)
	}
	if len(steps) == 0 {
		return "it " + f.why
	}
	return strings.Join(steps, ".") + ": " + f.why
}

// pathTo returns the names and places in lists that lead to the value at the offset.
func pathTo(data []byte, offset int) []string {
	type level struct {
		list  bool
		place int
		name  []byte
	}
	var levels []level
	for at := 0; at < offset && at < len(data); {
		var top *level
		if len(levels) > 0 {
			top = &levels[len(levels)-1]
		}
		switch data[at] {
		case '{', '[':
			levels = append(levels, level{list: data[at] == '['})
		case '}', ']':
			levels = levels[:len(levels)-1]
		case ',':
			top.place++
			top.name = nil
		case '"':
			end := stringEnd(data, at)
			if top != nil && !top.list && top.name == nil {
				top.name = unquote(data[at:end])
			}
			at = end
			continue
		}
		at++
	}
	steps := make([]string, 0, len(levels)+1)
	for _, level := range levels {
		if level.list {
			steps = append(steps, strconv.Itoa(level.place))
		} else {
			steps = append(steps, string(level.name))
		}
	}
	return steps
}
