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

// endingOf returns the error for a connection that ended before the workflow did (spec FA-CLS). lastError is the
// error message that came before, nil when none did.
func endingOf(end closing, lastError *ErrorMessage) error {
	if end.byClient || !isRefusal(end.code) {
		return &ConversationLostError{Code: end.code, Reason: end.reason, ByClient: end.byClient}
	}
	return &ConversationRefusedError{Code: end.code, Reason: end.reason, Detail: errorText(lastError)}
}

// isRefusal says whether a code tells what was wrong. One on which a client would resume is no refusal, in classic
// either: there is just nothing to resume.
func isRefusal(code CloseCode) bool {
	resumes := code >= 4200 && code < 4300
	if code.Known() {
		resumes = code.Action() == ActionResume
	}
	return !resumes && code >= 4000 && code < 5000 || code == CloseNotUTF8 || code == CloseFrameTooBig
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

// binaryFrame returns the error that a binary frame is.
func binaryFrame(data []byte) error {
	return &MalformedMessageError{
		Why:  "a binary frame: the protocol has text frames only",
		Text: strings.ToValidUTF8(string(data), "\ufffd"),
	}
}
