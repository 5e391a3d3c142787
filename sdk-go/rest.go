package fastagency

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// operation is one REST operation: its method, the status of success, and how to read what that brings.
type operation[Response any] struct {
	method string
	status int
	read   func(*reader) Response
}

// call carries the operation out once. The errors are the caller's context's, what GetHeader returned, and ours.
func (o operation[Response]) call(ctx context.Context, url string, body []byte, options *ClientOptions) (Response, error) {
	var none Response
	inside, cancel := bounded(ctx, options.RequestTimeout)
	defer cancel()
	header, err := options.freshHeader(inside)
	if err != nil {
		return none, err
	}
	request, err := http.NewRequestWithContext(inside, o.method, url, bytes.NewReader(body))
	if err != nil {
		return none, fmt.Errorf("fastagency: %w", err)
	}
	request.Header = header
	header.Set("Accept", "application/json")
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	response, err := options.HTTPClient.Do(request)
	if err != nil {
		return none, unreachable(ctx, url, err)
	}
	defer response.Body.Close()
	text, err := readAll(response.Body, options.MaxMessageSize)
	if err != nil {
		return none, unreachable(ctx, url, err)
	}
	if response.StatusCode != o.status {
		return none, refusal(response, text)
	}
	if options.MaxMessageSize >= 0 && int64(len(text)) > options.MaxMessageSize {
		return none, &MalformedMessageError{Why: "the response is larger than MaxMessageSize"}
	}
	return decode(text, o.read)
}

// readAll reads at most one byte more than the limit, so that a larger body can be told.
func readAll(body io.Reader, limit int64) ([]byte, error) {
	if limit >= 0 {
		body = io.LimitReader(body, limit+1)
	}
	return io.ReadAll(body)
}

// unreachable returns the caller's own error when its context ended, and that the server cannot be reached
// otherwise.
func unreachable(ctx context.Context, url string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("fastagency: %s: %w", url, context.Cause(ctx))
	}
	return &ServerUnreachableError{URL: url, Err: err}
}

// refusal returns an answer with another status than that of success as an error, its body as one sentence.
func refusal(response *http.Response, body []byte) error {
	detail := refusalDetail(body)
	if detail == "" {
		detail = http.StatusText(response.StatusCode)
	}
	if detail == "" {
		detail = "no reason given"
	}
	if location := response.Header.Get("Location"); location != "" {
		detail += " (it points to " + location + ")"
	}
	return &RequestRefusedError{response.StatusCode, detail, retryAfter(response.Header, time.Now())}
}

// refusalDetail returns what an error body says, empty when it is none of ours: a proxy may have written it.
func refusalDetail(body []byte) string {
	if plain, err := decode(body, readErrorResponse); err == nil {
		return plain.Detail
	}
	invalid, err := decode(body, readValidationErrorResponse)
	if err != nil {
		return ""
	}
	issues := make([]string, len(invalid.Detail))
	for place, issue := range invalid.Detail {
		steps := make([]string, len(issue.Loc))
		for at, step := range issue.Loc {
			steps[at] = fmt.Sprint(step)
		}
		issues[place] = strings.Join(steps, ".") + ": " + issue.Msg
	}
	return strings.Join(issues, "; ")
}

// retryAfter returns the wait that Retry-After asks for, which holds seconds or a date (RFC 9110, 10.2.3).
func retryAfter(header http.Header, now time.Time) *time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if when, err := http.ParseTime(value); err == nil {
		wait = max(0, when.Sub(now))
	} else {
		return nil
	}
	return &wait
}

// initiateRequest returns the body that announces a conversation, with a fresh id.
func initiateRequest(workflow string, params any, userID string) ([]byte, error) {
	request := InitiateWorkflowRequest{WorkflowName: workflow, WorkflowUUID: newUUID()}
	if userID != "" {
		request.UserID = &userID
	}
	if params != nil {
		text, err := json.Marshal(params)
		if err != nil {
			return nil, fmt.Errorf("fastagency: params: %w", err)
		}
		if text[0] != '{' {
			return nil, fmt.Errorf("fastagency: params: %T is no JSON object", params)
		}
		request.Params = text
	}
	return encode(request, writeInitiateWorkflowRequest)
}

// newUUID returns a random UUID (RFC 9562, 5.4).
func newUUID() string {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic("fastagency: no random numbers: " + err.Error())
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
