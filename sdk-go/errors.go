package fastagency

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrNotAsked is wrapped by the errors of answers while nothing is asked, or that the question does not allow.
var ErrNotAsked = errors.New("fastagency: not asked")

// ErrConversationEnded is what errors.Is finds in both errors of a conversation that cannot go on,
// *[ConversationRefusedError] and *[ConversationLostError].
var ErrConversationEnded = errors.New("fastagency: the conversation cannot go on")

// ServerUnreachableError says that there is no connection to the server, or that it broke before there was a
// conversation.
type ServerUnreachableError struct {
	// URL is the address that was asked for.
	URL string

	// Err says why.
	Err error
}

func (e *ServerUnreachableError) Error() string {
	return fmt.Sprintf("fastagency: %s: %v", e.URL, e.Err)
}

// Unwrap returns Err.
func (e *ServerUnreachableError) Unwrap() error { return e.Err }

// RequestRefusedError says that a request, or the opening of the WebSocket, was answered with an error status.
type RequestRefusedError struct {
	// Status is the HTTP status.
	Status int

	// Detail is what the server said, as one sentence.
	Detail string

	// RetryAfter is how long to wait before the next try, nil when the server did not say.
	RetryAfter *time.Duration
}

func (e *RequestRefusedError) Error() string {
	return "fastagency: refused with " + strconv.Itoa(e.Status) + ": " + e.Detail
}

// MalformedMessageError says that the server sent a frame or a response that is not what it should be.
type MalformedMessageError struct {
	// Why says what is wrong, and where: "content.choices.1: must be a string".
	Why string

	// Text is what arrived. Bytes that are not UTF-8 stand in it as replacement characters.
	Text string
}

func (e *MalformedMessageError) Error() string {
	return "fastagency: malformed message: " + e.Why
}

// ConversationRefusedError says that the server closed with a code that says what was wrong (spec FA-CLS), or that it
// refused to open another socket for a conversation that is to be resumed.
type ConversationRefusedError struct {
	// Code and Reason are those of the close frame; Code is 1006 when a socket was refused.
	Code   CloseCode
	Reason string

	// Detail is the text of the last error message before the close, or of the refusal; empty when there was none.
	Detail string

	// Status is the HTTP status with which a socket was refused, 0 after a close.
	Status int
}

func (e *ConversationRefusedError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("fastagency: the socket was refused with %d: %s", e.Status, e.Detail)
	}
	return closedText(e.Code, e.Reason, e.Detail)
}

// Is reports whether target is [ErrConversationEnded].
func (e *ConversationRefusedError) Is(target error) bool { return target == ErrConversationEnded }

// Retry says whether the same conversation may be tried again later, for example on a server that was full.
// The spec's table says so for the codes that it knows, the range for the others (spec FA-CLS: 41xx).
func (e *ConversationRefusedError) Retry() bool {
	if e.Code.Known() {
		return e.Code.Action() == ActionRetry
	}
	return e.Code >= 4100 && e.Code < 4200
}

// ConversationLostError says that the connection ended before the workflow did; in fastagency.v1 also that it could
// not be had back. The client never runs a workflow again by itself (spec FA-NEG-3).
type ConversationLostError struct {
	// Code and Reason are those of the close frame; Code is 1006 when none came (RFC 6455, 7.1.5).
	Code   CloseCode
	Reason string

	// ByClient says that this side closed, because it could not go on: Code then is the one that it sent.
	ByClient bool
}

func (e *ConversationLostError) Error() string {
	switch {
	case e.ByClient:
		return fmt.Sprintf("fastagency: this client closed with %d: %s", int(e.Code), e.Reason)
	case e.Code == noCloseFrame:
		return "fastagency: the connection broke before the workflow was over"
	default:
		return closedText(e.Code, e.Reason, "")
	}
}

// Is reports whether target is [ErrConversationEnded].
func (e *ConversationLostError) Is(target error) bool { return target == ErrConversationEnded }

func closedText(code CloseCode, reason, detail string) string {
	meaning := "a code that this version does not know"
	if code.Known() {
		meaning = code.Meaning()
	}
	text := fmt.Sprintf("fastagency: the server closed with %d: %s", int(code), meaning)
	for _, part := range []string{reason, detail} {
		if part != "" {
			text += "; " + part
		}
	}
	return text
}

func notAsked(why string) error {
	return fmt.Errorf("%w: %s", ErrNotAsked, why)
}
