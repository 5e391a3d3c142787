package fastagency

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// separator stands between several choices on the wire. A choice that holds it is not escaped (spec FA-CLA-4).
const separator = ","

// frameFor returns the raw frame that answers a question in classic (spec FA-CLA-4).
func frameFor(question Question, value AnswerValue) (string, error) {
	switch value := value.(type) {
	case AnswerValueString:
		return frameForText(question, string(value))
	case AnswerValueList:
		return frameForChoices(question, value)
	default:
		return "", notAsked("an answer is a text or a list of choices")
	}
}

// valueFor returns the value that answers a question in fastagency.v1: a list stays one where the question takes
// several choices (spec FA-ANS-7).
func valueFor(question Question, value AnswerValue) (AnswerValue, error) {
	text, err := frameFor(question, value)
	if err != nil {
		return nil, err
	}
	choice, ok := question.(*MultipleChoice)
	if _, several := value.(AnswerValueList); several && ok && !choice.Content.Single {
		return value, nil
	}
	return AnswerValueString(text), nil
}

// frameForText returns the frame that answers a question with a text. For a multiple_choice that is a choice,
// or choices as they are joined on the wire. No error holds the text, which may be a password.
func frameForText(question Question, text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", notAsked("the answer is not UTF-8")
	}
	choice, ok := question.(*MultipleChoice)
	if !ok {
		return text, nil
	}
	content := &choice.Content
	if !content.Single {
		picked, ok := splitChoices(text, content.Choices)
		if !ok {
			picked = []string{text}
		}
		return frameForChoices(question, picked)
	}
	if text == "" && !slices.Contains(content.Choices, "") {
		return frameForChoices(question, nil)
	}
	return frameForChoices(question, []string{text})
}

// frameForChoices returns the frame that answers a multiple_choice with any number of its choices. None stands
// for its default (spec FA-CLA-4).
func frameForChoices(question Question, picked []string) (string, error) {
	choice, ok := question.(*MultipleChoice)
	if !ok {
		return "", notAsked("a " + question.Type() + " takes one text")
	}
	content := &choice.Content
	if len(picked) == 0 && (content.Default != nil || !content.Single) {
		return "", nil
	}
	if content.Single && len(picked) != 1 {
		return "", notAsked("pick exactly one of " + listed(content.Choices))
	}
	for _, text := range picked {
		// The default need not be one of the choices.
		if !slices.Contains(content.Choices, text) && (content.Default == nil || text != *content.Default) {
			return "", notAsked(strconv.Quote(text) + " is none of the choices " + listed(content.Choices))
		}
	}
	return strings.Join(picked, separator), nil
}

// splitChoices takes a joined answer apart: the choices whose joined form text is, and whether it is such a
// form. A choice that itself holds a comma is found too. An empty text is no choice at all, unless one is empty.
func splitChoices(text string, choices []string) ([]string, bool) {
	if slices.Contains(choices, text) {
		return []string{text}, true
	}
	if text == "" {
		return nil, true
	}
	type step struct {
		from   int
		choice string
	}
	// reached[at] is the choice that ends before the comma at at-1, with everything before it matched too:
	// linear in the text for a given list, where trying every split would be exponential.
	reached := map[int]step{}
	for starts := []int{0}; len(starts) > 0; {
		start := starts[len(starts)-1]
		starts = starts[:len(starts)-1]
		for _, choice := range choices {
			rest, ok := strings.CutPrefix(text[start:], choice)
			if !ok {
				continue
			}
			if rest == "" {
				picked := []string{choice}
				for at := start; at > 0; at = reached[at].from {
					picked = append(picked, reached[at].choice)
				}
				slices.Reverse(picked)
				return picked, true
			}
			next := len(text) - len(rest) + len(separator)
			if _, seen := reached[next]; !seen && strings.HasPrefix(rest, separator) {
				reached[next] = step{start, choice}
				starts = append(starts, next)
			}
		}
	}
	return nil, false
}

func listed(choices []string) string {
	if len(choices) == 0 {
		return "(there are none)"
	}
	quoted := make([]string, len(choices))
	for place, choice := range choices {
		quoted[place] = strconv.Quote(choice)
	}
	return strings.Join(quoted, ", ")
}
