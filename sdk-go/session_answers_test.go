package fastagency

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestAnAnswerIsSentAgainUntilItIsSettled(t *testing.T) { // spec FA-ANS-1
	k := live(t, asks(1, "q1"))
	if k.state() != StateAwaitingAnswer {
		t.Error(k.state())
	}
	id := k.text("Ada")
	first := k.sent()
	if want := []map[string]any{{"type": "answer", "question_uuid": "q1", "answer_id": id, "value": "Ada"}}; !reflect.DeepEqual(first, want) {
		t.Errorf("%v", first)
	}
	if k.state() != StateRunning || len(k.sent()) != 0 {
		t.Errorf("%s, or sent twice", k.state())
	}
	if _, err := k.answer(nil, AnswerValueString("twice")); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
	k.drop()
	if len(k.sent()) != 0 {
		t.Error("sent without a connection")
	}
	k.open(replay(1))
	if len(k.sent()) != 0 {
		t.Error("sent before the replay has told what became of it")
	}
	k.hear(replayed(1))
	if again := k.sent(); !reflect.DeepEqual(again, first) {
		t.Errorf("%v", again)
	}
	k.hear(accepts(2, id, "q1"))
	if k.answeredElsewhere(k.seen[1].message.(*AnswerAccepted)) {
		t.Error("it was this client's")
	}
	k.drop()
	k.open(replay(2), replayed(2))
	if len(k.sent()) != 0 {
		t.Error("sent after it was accepted")
	}
}

func TestAnAnswerThatIsSettledAlready(t *testing.T) {
	t.Run("by the replay", func(t *testing.T) {
		k := live(t, asks(1, "q1"))
		id := k.text("Ada")
		k.sent()
		k.drop()
		k.open(replay(2), accepts(2, id, "q1"), replayed(2))
		if len(k.sent()) != 0 {
			t.Error("it was sent again")
		}
		k.expect("text_input1 answer_accepted2")
	})
	t.Run("by an acceptance that was read before", func(t *testing.T) { // spec FA-ANS-4
		k := live(t, asks(1, "q1"), asks(2, "q2"))
		id := k.text("Ada")
		k.log.seq = 3 // As if it had been received, with another answer's id.
		k.hear(accepts(3, id, "q1"))
		if len(k.answers.pending) != 0 {
			t.Error("it is still kept")
		}
		k.expect("text_input1 text_input2")
	})
}

func TestAnswersCanBeGivenWithoutAConnection(t *testing.T) {
	k := live(t, asks(1, "q1"))
	k.drop()
	k.text("Ada")
	k.open(replay(1), replayed(1))
	if sent := k.sent(); len(sent) != 1 || sent[0]["value"] != "Ada" {
		t.Errorf("%v", sent)
	}
}

func TestARejectedAnswerComesBack(t *testing.T) { // spec FA-ANS-3
	for reason, open := range map[RejectionReason]bool{
		RejectionReasonInvalidValue:    true,
		RejectionReasonQuestionClosed:  false,
		RejectionReasonUnknownQuestion: false,
	} {
		k := live(t, asks(1, "q1"))
		question := k.seen[0].message.(Question)
		id := k.text("Ada")
		if k.answers.isOpen(question) {
			t.Error("a question with an answer under way is open")
		}
		k.hear(rejects(id, "q1", reason))
		k.expect("text_input1 answer_rejected")
		if k.answers.isOpen(question) != open || (k.state() == StateAwaitingAnswer) != open {
			t.Errorf("%s: %s", reason, k.state())
		}
		k.drop()
		k.open(replay(1), replayed(1))
		if len(k.sent()) != 0 {
			t.Errorf("%s: sent again", reason)
		}
	}
}

func TestAnsweredElsewhere(t *testing.T) { // spec FA-RES-6
	k := live(t, asks(1, "q1"))
	mine := k.text("mine")
	k.hear(accepts(2, "of another tab", "q1"))
	if !k.answeredElsewhere(k.seen[1].message.(*AnswerAccepted)) || k.answers.question() != nil || len(k.sent()) != 0 {
		t.Error("it was not taken for another's")
	}
	k.hear(rejects(mine, "q1", RejectionReasonQuestionClosed), asks(3, "q2"), accepts(4, "", "q2"))
	if k.answeredElsewhere(k.seen[4].message.(*AnswerAccepted)) {
		t.Error("its time ran out: nobody answered")
	}
}

func TestAReplayedQuestionIsKnownToBeAnsweredWhenItIsDelivered(t *testing.T) {
	k := resuming(t, Cursor{uuidDashed, token, "e1", 0})
	k.open(reset("e1", 1, 3), asks(1, "q1"), accepts(2, "x", "q1"), asks(3, "q2"))
	var open []bool
	for _, d := range k.receive([]byte(replayed(3)), k.now) {
		if question, ok := d.message.(Question); ok {
			open = append(open, k.answers.isOpen(question))
		}
	}
	if fmt.Sprint(open) != "[false true]" {
		t.Error(open)
	}
	if k.answers.question() != nil || k.state() != StateRunning {
		t.Error("a question that the user was not given is asked")
	}
}

func TestAGivenQuestionIsAnswered(t *testing.T) {
	k := live(t, asks(1, "q1"), logged(2, "multiple_choice", "q2", `{"choices":["a","b"],"single":false}`))
	second := k.seen[1].message.(Question)
	if _, err := k.answer(second, AnswerValueList{"c"}); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
	if _, err := k.answer(second, AnswerValueList{"b", "a"}); err != nil {
		t.Error(err)
	}
	if k.answers.question() != k.seen[0].message {
		t.Error("the first question is not asked any more")
	}
	if sent := k.sent(); len(sent) != 1 || fmt.Sprint(sent[0]["question_uuid"], sent[0]["value"]) != "q2[b a]" {
		t.Errorf("%v", sent)
	}
	if _, err := k.answer(second, nil); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
	if _, err := k.answer(nil, nil); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
}

func TestHowValuesStandInAnAnswer(t *testing.T) { // spec FA-ANS-7
	several := &MultipleChoice{Content: MultipleChoiceContent{Choices: []string{"a", "b"}}}
	single := &MultipleChoice{Content: MultipleChoiceContent{Choices: []string{"a", "b"}, Single: true, Default: pointerTo("a")}}
	for _, it := range []struct {
		question Question
		value    AnswerValue
		want     AnswerValue
	}{
		{several, AnswerValueList{"a"}, AnswerValueList{"a"}},
		{several, AnswerValueList{}, AnswerValueList{}},
		{several, AnswerValueString("b,a"), AnswerValueString("b,a")},
		{single, AnswerValueList{"b"}, AnswerValueString("b")},
		{single, AnswerValueList{}, AnswerValueString("")},
		{&TextInput{}, AnswerValueString("a,b"), AnswerValueString("a,b")},
	} {
		if got, err := valueFor(it.question, it.value); err != nil || !reflect.DeepEqual(got, it.want) {
			t.Errorf("%v: %v, %v", it.value, got, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) { // spec FA-SEC-3
	k := live(t, asks(1, "q1"))
	k.text("hunter2")
	cursor, _ := k.cursor()
	ready, err := Decode([]byte(fresh()))
	if err != nil {
		t.Fatal(err)
	}
	ticketed := initiated()
	ticketed.Ticket = &token
	conversation := &Conversation{&session{protocol: k.sessionProtocol}}
	frame := AnswerFrame{QuestionUUID: "q1", AnswerID: "1", Value: AnswerValueString("hunter2")}
	for _, value := range []any{
		conversation, *conversation, cursor, &cursor, ready, ticketed, &ticketed, frame, &frame,
		StartWorkflow{ResumeToken: &token}, ResumeWorkflow{ResumeToken: token},
	} {
		for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
			text := fmt.Sprintf(form, value)
			if strings.Contains(text, "hunter2") || strings.Contains(text, token) {
				t.Errorf("%T: %s", value, text)
			}
		}
		if text := logLine(value); strings.Contains(text, "hunter2") || strings.Contains(text, token) {
			t.Errorf("%T: %s", value, text)
		}
	}
	if len(k.answers.pending) != 1 {
		t.Error("the answer is not kept")
	}
	k.hear(completes(2, OutcomeCompleted))
	if len(k.answers.pending) != 0 {
		t.Error("the answer is kept after the end")
	}
}
