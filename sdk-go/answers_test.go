package fastagency

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestAnswers(t *testing.T) {
	text := &TextInput{}
	one := &MultipleChoice{Content: MultipleChoiceContent{Choices: []string{"a", "b, c", "d,"}, Single: true}}
	withDefault := &MultipleChoice{Content: MultipleChoiceContent{Choices: []string{"a"}, Default: pointerTo("z"), Single: true}}
	several := &MultipleChoice{Content: MultipleChoiceContent{Choices: []string{"a", "a,b", "b", "c"}}}
	const refused = "(refused)"
	for _, it := range []struct {
		question Question
		answer   any
		want     string
	}{
		{text, "", ""},
		{text, "any, thing", "any, thing"},
		{text, "\xff", refused},
		{text, []string{"a"}, refused},
		{one, "a", "a"},
		{one, "b, c", "b, c"},
		{one, "A", refused},
		{one, "", refused},
		{one, []string{"a", "d,"}, refused},
		{one, []string{"d,"}, "d,"},
		{one, []string{}, refused},
		{withDefault, "", ""},
		{withDefault, []string{}, ""},
		{withDefault, "z", "z"},
		{withDefault, "y", refused},
		{several, "", ""},
		{several, "a,b", "a,b"},
		{several, "c,a,b,a", "c,a,b,a"},
		{several, "c,d", refused},
		{several, []string{"c", "a,b"}, "c,a,b"},
		{several, []string{"c,a"}, refused},
		{several, []string{}, ""},
	} {
		var got string
		var err error
		switch answer := it.answer.(type) {
		case string:
			got, err = frameForText(it.question, answer)
		case []string:
			got, err = frameForChoices(it.question, answer)
		}
		if errors.Is(err, ErrNotAsked) {
			got = refused
		}
		if got != it.want {
			t.Errorf("%T: %q gives %q: %v", it.question, it.answer, got, err)
		}
	}
}

func TestAnswersThatAreRefusedAreNotRepeatedForATextInput(t *testing.T) {
	if _, err := frameForText(&TextInput{}, "secret\xff"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestSplitting(t *testing.T) {
	for _, it := range []struct {
		text    string
		choices []string
		want    string
	}{
		{"", nil, "[]"},
		{"", []string{""}, `[""]`},
		{",", []string{""}, `["" ""]`},
		{"a,b", []string{"a", "b"}, `["a" "b"]`},
		{"a,b,c", []string{"a", "b,c"}, `["a" "b,c"]`},
		{"a,,b", []string{"a,", "b"}, `["a," "b"]`},
		{"a,", []string{"a"}, "none"},
		{"ab", []string{"a", "b"}, "none"},
		{strings.Repeat("a,", 5000) + "b", []string{"a", "a,a"}, "none"},
	} {
		picked, ok := splitChoices(it.text, it.choices)
		got := fmt.Sprintf("%q", picked)
		if !ok {
			got = "none"
		}
		if got != it.want {
			t.Errorf("%.20q of %q: %s", it.text, it.choices, got)
		}
	}
}
