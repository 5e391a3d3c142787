package fastagency

import (
	"errors"
	"net/http"
	"time"
)

// Retry says how often, and after how long, discovery is tried again when the server cannot be reached or is
// full. Nothing that announces or starts a workflow is ever repeated (spec FA-NEG-3). The zero value is the
// default.
type Retry struct {
	// Attempts counts every try, the first one too: 1 never repeats. Default: 4.
	Attempts int

	// FirstDelay bounds the wait before the second try; it doubles with each further one. The wait is drawn
	// between nothing and that bound, so that many clients do not come back at once. Default: 250 ms.
	FirstDelay time.Duration

	// LongestDelay bounds every wait; a server that asks for more is not waited for. Default: 5 s.
	LongestDelay time.Duration
}

func (r Retry) withDefaults() (Retry, error) {
	if r.Attempts < 0 || r.FirstDelay < 0 || r.LongestDelay < 0 {
		return r, errors.New("fastagency: nothing in Retry can be negative")
	}
	if r.Attempts == 0 {
		r.Attempts = 4
	}
	if r.FirstDelay == 0 {
		r.FirstDelay = 250 * time.Millisecond
	}
	if r.LongestDelay == 0 {
		r.LongestDelay = 5 * time.Second
	}
	return r, nil
}

// delay returns how long to wait after try number tried failed with err, and false to give up. draw returns a
// number from 0 up to 1.
func (r Retry) delay(tried int, err error, draw func() float64) (time.Duration, bool) {
	if tried >= r.Attempts {
		return 0, false
	}
	var refused *RequestRefusedError
	if errors.As(err, &refused) {
		if refused.Status != http.StatusServiceUnavailable {
			return 0, false
		}
		if refused.RetryAfter != nil {
			return *refused.RetryAfter, *refused.RetryAfter <= r.LongestDelay
		}
		return r.backoff(tried, draw), true
	}
	var unreachable *ServerUnreachableError
	if errors.As(err, &unreachable) {
		return r.backoff(tried, draw), true
	}
	return 0, false
}

func (r Retry) backoff(tried int, draw func() float64) time.Duration {
	bound := r.FirstDelay
	for ; tried > 1 && bound < r.LongestDelay; tried-- {
		bound *= 2
	}
	return time.Duration(draw() * float64(min(bound, r.LongestDelay)))
}
