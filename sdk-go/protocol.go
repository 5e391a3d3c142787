package fastagency

import "strings"

// noCloseFrame is what RFC 6455 calls a connection that ended without a close frame.
const noCloseFrame CloseCode = 1006

// closing is how a connection ended: with the close frame's code and reason, by which side.
type closing struct {
	code     CloseCode
	reason   string
	byClient bool
}

// protocol is one conversation from the client's side, as a pure state machine without I/O: frames that arrived
// go in, messages and frames to send come out. [Conversation] is the shell that puts it on a socket.
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

// receiveBinary takes a binary frame and returns the error that it is: servers send none.
func (p *protocol) receiveBinary(data []byte) error {
	return &MalformedMessageError{
		Why:  "a binary frame: the protocol has text frames only",
		Text: strings.ToValidUTF8(string(data), "\ufffd"),
	}
}

// answer returns the frame that frameFor makes for the open question, which is open no more then.
func (p *protocol) answer(frameFor func(Question) (string, error)) (string, error) {
	switch {
	case p.ending != nil:
		return "", p.ending
	case p.completed != nil:
		return "", notAsked("the workflow is over")
	case p.closed || p.left:
		return "", notAsked("the conversation was left")
	case len(p.questions) == 0:
		return "", notAsked("nothing is asked")
	}
	frame, err := frameFor(p.questions[0])
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
		p.ending = p.endingOf(end)
	}
	return p.ending
}

// unsent returns what it means that a frame could not be sent because the connection had ended. It changes
// nothing: messages may have come before the end, and they are still to be read.
func (p *protocol) unsent(end closing) error {
	if end.code == CloseFinished && !end.byClient {
		return notAsked("the server ended the conversation before the answer came; read on to see how")
	}
	return p.endingOf(end)
}

func (p *protocol) endingOf(end closing) error {
	if end.byClient || !isRefusal(end.code) {
		return &ConversationLostError{Code: end.code, Reason: end.reason, ByClient: end.byClient}
	}
	return &ConversationRefusedError{Code: end.code, Reason: end.reason, Detail: errorText(p.lastError)}
}

func isRefusal(code CloseCode) bool {
	// 42xx says that the conversation goes on elsewhere, so it is no refusal (spec FA-CLS).
	private := code >= 4000 && code < 5000 && (code < 4200 || code >= 4300)
	return private || code == CloseNotUTF8 || code == CloseFrameTooBig
}

func errorText(message *ErrorMessage) string {
	if message == nil {
		return ""
	}
	var parts []string
	for _, part := range []*string{message.Content.Short, message.Content.Long} {
		if part != nil && strings.TrimRight(*part, ".") != "" {
			parts = append(parts, strings.TrimRight(*part, "."))
		}
	}
	return strings.Join(parts, ": ")
}
