package fastagency

import (
	"errors"
	"math"
	"time"
)

// Decision is what a [Reconnect]'s ShouldRetry says of the end of a connection.
type Decision int

// The decisions.
const (
	// FollowCode does what the close code says (spec FA-CLS).
	FollowCode Decision = iota
	// TryAgain opens another connection, whatever the code says.
	TryAgain
	// GiveUp opens no connection any more, whatever the code says.
	GiveUp
)

// Reconnect says how a conversation of fastagency.v1 comes back after its connection ended. The zero value is the
// default of everything.
//
// Nothing is tried any more once the conversation must be gone: after the time that the server keeps one without a
// connection (its detached_seconds), or after Patience where there was no session yet (spec FA-LIV-2).
type Reconnect struct {
	// FirstDelay bounds the wait before the first attempt; it doubles with each further one, until there is
	// progress. The wait is drawn between nothing and that bound, so that many clients do not come back at once.
	// Default: 500 ms.
	FirstDelay time.Duration

	// LongestDelay bounds every wait. Default: 30 s.
	LongestDelay time.Duration

	// Patience is how long a conversation is tried to begin. Default: 30 s.
	Patience time.Duration

	// ShouldRetry, if it is there, is asked after every connection with the code and the reason that it ended
	// with, 1006 for one that broke or could not be opened, and the number of the attempt from 1. It must return
	// soon, and not call the conversation.
	ShouldRetry func(code CloseCode, reason string, attempt int) Decision
}

func (r Reconnect) withDefaults() (Reconnect, error) {
	if r.FirstDelay < 0 || r.LongestDelay < 0 || r.Patience < 0 {
		return r, errors.New("fastagency: nothing in Reconnect can be negative")
	}
	if r.FirstDelay == 0 {
		r.FirstDelay = 500 * time.Millisecond
	}
	if r.LongestDelay == 0 {
		r.LongestDelay = 30 * time.Second
	}
	if r.Patience == 0 {
		r.Patience = 30 * time.Second
	}
	return r, nil
}

// delay returns how long to wait before the attempt of that number after a connection ended, and false to give up.
// draw returns a number from 0 up to 1.
func (r Reconnect) delay(end closing, attempt int, draw func() float64) (time.Duration, bool) {
	again := comesBack(end)
	if r.ShouldRetry != nil {
		switch r.ShouldRetry(end.code, end.reason, attempt) {
		case TryAgain:
			again = true
		case GiveUp:
			again = false
		}
	}
	if !again {
		return 0, false
	}
	if attempt == 1 && end.code >= 4200 && end.code < 4300 {
		return 0, true // At once: the server asked for it.
	}
	bound := math.Min(float64(r.LongestDelay), float64(r.FirstDelay)*math.Pow(2, float64(attempt-1)))
	return time.Duration(draw() * bound), true
}

// comesBack tells by the range of the code whether a client does (spec FA-CLS-1).
func comesBack(end closing) bool {
	switch end.code {
	case CloseGoingAway, noCloseFrame, CloseServerFault, CloseRestarting:
		return true
	}
	return !end.byClient && end.code >= 4100 && end.code < 4300
}
