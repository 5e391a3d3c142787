package fastagency

import "slices"

// sessionAnswers are the questions of a conversation and what this client has to say: an answer is kept until it is
// accepted or rejected, and sent again on each connection (spec FA-ANS-1).
type sessionAnswers struct {
	open    []Question      // as far as was received
	given   map[string]bool // the questions that the user was given
	mine    map[string]bool // the ids of all answers of this client
	pending []*pendingAnswer
	cancel  *pendingCancel // nil while nobody wants it
}

// pendingAnswer is neither accepted nor rejected yet. Its frame may hold a password.
type pendingAnswer struct {
	id       string
	question string
	frame    []byte
	sent     bool
}

type pendingCancel struct {
	frame []byte
	sent  bool
}

// question returns the oldest question that was given to the user, is open, and has no answer under way; nil when
// there is none.
func (a *sessionAnswers) question() Question {
	for _, question := range a.open {
		if a.given[questionUUID(question)] && a.isOpen(question) {
			return question
		}
	}
	return nil
}

// isOpen says whether a question still takes an answer: nobody's was accepted, and none of this client is under
// way.
func (a *sessionAnswers) isOpen(question Question) bool {
	uuid := questionUUID(question)
	asked := func(other Question) bool { return questionUUID(other) == uuid }
	answered := func(answer *pendingAnswer) bool { return answer.question == uuid }
	return slices.ContainsFunc(a.open, asked) && !slices.ContainsFunc(a.pending, answered)
}

// add takes an answer, and returns its id.
func (a *sessionAnswers) add(question Question, value AnswerValue) (id string, err error) {
	value, err = valueFor(question, value)
	if err != nil {
		return "", err
	}
	answer := &pendingAnswer{id: newUUID(), question: questionUUID(question)}
	frame := AnswerFrame{QuestionUUID: answer.question, AnswerID: answer.id, Value: value}
	answer.frame, err = encode(frame, writeAnswerFrame)
	if err != nil {
		return "", err
	}
	a.pending = append(a.pending, answer)
	if a.mine == nil {
		a.mine = map[string]bool{}
	}
	a.mine[answer.id] = true
	return answer.id, nil
}

// addCancel takes the wish to end the conversation, which is sent again too until it has ended.
func (a *sessionAnswers) addCancel(reason string) error {
	cancel := CancelWorkflow{}
	if reason != "" {
		cancel.Reason = &reason
	}
	frame, err := encode(cancel, writeCancelWorkflow)
	if err == nil {
		a.cancel = &pendingCancel{frame: frame}
	}
	return err
}

// unsent returns the frames that this connection was not given yet, answers first, and takes them for sent.
func (a *sessionAnswers) unsent() [][]byte {
	var frames [][]byte
	for _, answer := range a.pending {
		if !answer.sent {
			answer.sent = true
			frames = append(frames, answer.frame)
		}
	}
	if a.cancel != nil && !a.cancel.sent {
		a.cancel.sent = true
		frames = append(frames, a.cancel.frame)
	}
	return frames
}

func (a *sessionAnswers) hasUnsent() bool {
	return a.cancel != nil && !a.cancel.sent ||
		slices.ContainsFunc(a.pending, func(answer *pendingAnswer) bool { return !answer.sent })
}

// resend notes that the next connection is to be given everything again.
func (a *sessionAnswers) resend() {
	for _, answer := range a.pending {
		answer.sent = false
	}
	if a.cancel != nil {
		a.cancel.sent = false
	}
}

func (a *sessionAnswers) asked(question Question) {
	a.open = append(a.open, question)
}

// wasGiven notes that the user was given a question.
func (a *sessionAnswers) wasGiven(question Question) {
	if a.given == nil {
		a.given = map[string]bool{}
	}
	a.given[questionUUID(question)] = true
}

// settled drops the answer of that id: it was accepted.
func (a *sessionAnswers) settled(id *string) {
	if id != nil {
		a.drop(func(answer *pendingAnswer) bool { return answer.id == *id })
	}
}

// closed notes that a question takes no answer any more. One that is under way could only be rejected.
func (a *sessionAnswers) closed(uuid string) {
	a.open = slices.DeleteFunc(a.open, func(question Question) bool { return questionUUID(question) == uuid })
	delete(a.given, uuid)
	a.drop(func(answer *pendingAnswer) bool { return answer.question == uuid })
}

// rejected drops an answer. The question stays open after a value that it does not allow (spec FA-ANS-3).
func (a *sessionAnswers) rejected(message *AnswerRejected) {
	a.settled(&message.AnswerID)
	if message.Reason != RejectionReasonInvalidValue {
		a.closed(message.QuestionUUID)
	}
}

// forget drops the questions, which a reset asks again. Answers stay: what became of them is not known.
func (a *sessionAnswers) forget() {
	a.open = nil
}

// end drops everything, because the conversation has ended.
func (a *sessionAnswers) end() {
	a.open, a.given, a.pending, a.cancel = nil, nil, nil, nil
}

func (a *sessionAnswers) drop(which func(*pendingAnswer) bool) {
	a.pending = slices.DeleteFunc(a.pending, which)
}

// questionUUID returns the id of a question that came from a server, whichever type of question it is.
func questionUUID(question Question) string {
	uuid, _ := stringIn(question.RawJSON(), "uuid")
	return uuid
}
