package fastagency

// protocol is one classic conversation from the client's side, as a pure state machine without I/O: frames that
// arrived go in, messages and frames to send come out. [classic] is the shell that puts it on a socket.
type protocol struct {
	workflowUUID string
	left         bool
	closed       bool
	ending       error
	questions    []Question
	completed    *WorkflowCompleted
	lastError    *ErrorMessage
}

// state tells where the conversation stands (spec FA-LIF), as far as a client can tell.
func (p *protocol) state() ConversationState {
	if p.completed != nil {
		return StateCompleted
	}
	if _, refused := p.ending.(*ConversationRefusedError); refused {
		return StateFailed
	}
	switch {
	case p.closed || p.left:
		return StateCancelled
	case len(p.questions) > 0:
		return StateAwaitingAnswer
	default:
		return StateRunning
	}
}

// connection tells what a client shows of its connection. In classic a drop is a loss (spec FA-NEG-3).
func (p *protocol) connection() ConnectionState {
	switch {
	case p.completed != nil || p.left:
		return ConnectionEnded
	case p.ending != nil:
		return ConnectionLost
	default:
		return ConnectionLive
	}
}

// receive takes a text frame and returns its message. After an error the conversation stands as before it.
func (p *protocol) receive(frame []byte) (Message, error) {
	message, err := decode(frame, readServerMessage)
	if err != nil {
		return nil, err
	}
	if p.state().Final() {
		return message, nil // Nothing is legal any more (spec FA-LIF), so it changes nothing either.
	}
	switch message := message.(type) {
	case Question:
		p.questions = append(p.questions, message)
	case *WorkflowCompleted:
		p.completed = message
		p.questions = nil
	case *ErrorMessage:
		p.lastError = message
	}
	return message, nil
}

// answer returns the frame that answers the oldest question, which is open no more then. Nothing in classic could
// say which question is meant, so that no other can be answered.
func (p *protocol) answer(question Question, value AnswerValue) (string, error) {
	switch {
	case p.ending != nil:
		return "", p.ending
	case p.completed != nil:
		return "", notAsked("the workflow is over")
	case p.closed || p.left:
		return "", notAsked("the conversation was left")
	case len(p.questions) == 0:
		return "", notAsked("nothing is asked")
	case question != nil && question != p.questions[0]:
		return "", notAsked("in classic only the oldest question can be answered")
	}
	frame, err := frameFor(p.questions[0], value)
	if err == nil {
		p.questions = p.questions[1:]
	}
	return frame, err
}

// leave notes that this side closes the connection: what ends afterwards is not lost.
func (p *protocol) leave() {
	p.left = true
	p.questions = nil
}

// disconnected notes that the connection ended, and returns nil for a normal end.
//
// After workflow_completed every end is normal: FastAgency's own server sends no close frame, so that clients
// see 1006 there (spec FA-CLA-1 mends it).
func (p *protocol) disconnected(end closing) error {
	p.closed = true
	p.questions = nil
	if p.completed == nil && !p.left && p.ending == nil {
		p.ending = endingOf(end, p.lastError)
	}
	return p.ending
}

// unsent returns what it means that a frame could not be sent because the connection had ended. It changes
// nothing: messages may have come before the end, and they are still to be read.
func (p *protocol) unsent(end closing) error {
	if end.code == CloseFinished && !end.byClient {
		return notAsked("the server ended the conversation before the answer came; read on to see how")
	}
	return endingOf(end, p.lastError)
}
