package fastagency

// sessionGiven is what the user was given so far: everything that a user asks of a conversation is told by it, not by
// what was merely received.
type sessionGiven struct {
	epoch     string
	seq       int64
	completed *WorkflowCompleted
	lastError *ErrorMessage
	ending    error
}

// delivered notes what the user was given.
func (p *sessionProtocol) delivered(d delivery) {
	switch message := d.message.(type) {
	case Question:
		p.answers.wasGiven(message)
	case *WorkflowCompleted:
		p.given.completed = message
	case *ErrorMessage:
		p.given.lastError = message
	case *SessionReady:
		p.given.epoch, p.given.seq = d.epoch, max(message.OldestSeq-1, 0)
	}
	if d.seq > 0 {
		p.given.epoch, p.given.seq = d.epoch, d.seq
	}
}

// deliveredEnd notes that the user was given the end, with the error that it has.
func (p *sessionProtocol) deliveredEnd(err error) {
	p.given.ending = err
}

// endRead returns how a conversation ended all of which had been read before this client came (spec FA-RES-9), empty
// for any other. Where there was a reset, the user is given that first.
func (p *sessionProtocol) endRead() Outcome {
	if p.given.epoch != p.log.epoch || p.given.seq != p.log.seq {
		return ""
	}
	return p.readBefore
}

// state tells where the conversation stands (spec FA-LIF), after what the user was given last.
func (p *sessionProtocol) state() ConversationState {
	if p.given.completed != nil {
		return ConversationState(ValueOr(p.given.completed.Content.Outcome, OutcomeCompleted))
	}
	if read := p.endRead(); read != "" {
		return ConversationState(read)
	}
	if _, refused := p.given.ending.(*ConversationRefusedError); refused {
		return StateFailed
	}
	switch {
	case p.given.ending != nil || p.left:
		return StateCancelled
	case !p.resumable:
		return StateCreated
	case p.answers.question() != nil:
		return StateAwaitingAnswer
	default:
		return StateRunning
	}
}

// cursor returns where the user stands, and false before the first session.
func (p *sessionProtocol) cursor() (Cursor, bool) {
	if !p.resumable {
		return Cursor{}, false
	}
	return Cursor{
		WorkflowUUID: p.workflowUUID,
		ResumeToken:  p.log.token,
		Epoch:        p.given.epoch,
		AfterSeq:     p.given.seq,
	}, true
}

// answeredElsewhere says whether the answer of another socket was taken, another tab's for example (spec FA-RES-6).
func (p *sessionProtocol) answeredElsewhere(accepted *AnswerAccepted) bool {
	return accepted.AnswerID != nil && !p.answers.mine[*accepted.AnswerID]
}

// answer takes an answer to the question, nil for the oldest open one, and returns its id. outgoing has the frame.
func (p *sessionProtocol) answer(question Question, value AnswerValue) (id string, err error) {
	switch {
	case p.ending != nil:
		return "", p.ending
	case p.given.completed != nil || p.endRead() != "" || p.left:
		return "", notAsked("the conversation is over")
	}
	if question == nil {
		question = p.answers.question()
		if question == nil {
			return "", notAsked("nothing is asked")
		}
	}
	if !p.answers.isOpen(question) {
		return "", notAsked("the question is closed")
	}
	return p.answers.add(question, value)
}

// cancel ends the conversation, now or as soon as there is a session again (spec FA-CAN-1).
func (p *sessionProtocol) cancel(reason string) error {
	if p.log.completed != nil || p.readBefore != "" || p.left || p.ending != nil {
		return nil
	}
	return p.answers.addCancel(reason)
}
