// Command conformance drives the client for a conformance suite: it reads one command a line on standard input,
// as JSON, and writes one observation a line on standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	fastagency "github.com/fastagency-protocol/sdk-go"
)

type command struct {
	Do       string          `json:"do"`
	URL      string          `json:"url"`
	Workflow string          `json:"workflow"`
	Params   json.RawMessage `json:"params"`
	Timeout  *float64        `json:"timeout"`
	Value    json.RawMessage `json:"value"`
	As       string          `json:"as"`
	Frame    string          `json:"frame"`
	Cursor   json.RawMessage `json:"cursor"`
	From     bool            `json:"from_start"`
	Reason   string          `json:"reason"`
	Options  struct {
		Headers        map[string]string `json:"headers"`
		UserID         string            `json:"user_id"`
		MaxMessageSize int64             `json:"max_message_size"`
		Dialect        string            `json:"dialect"`
		Retry          struct {
			Attempts int `json:"attempts"`
		} `json:"retry"`
		Reconnect struct {
			FirstDelay  *float64        `json:"first_delay"`
			MaxDelay    *float64        `json:"max_delay"`
			ShouldRetry map[string]bool `json:"should_retry"`
		} `json:"reconnect"`
	} `json:"options"`
}

type observation = map[string]any

func main() {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	say := func(seen observation) {
		if err := out.Encode(seen); err != nil {
			log.Fatal(err)
		}
	}
	say(observation{
		"saw": "ready", "subject": "fastagency-sdk for Go", "language": "go", "version": fastagency.Version,
		"features": []string{"discover", "converse", "timeout", "decode", "raw_text", "exact_integers", "sessions"},
	})
	lines := bufio.NewReader(os.Stdin)
	var subject driver
	defer subject.leave()
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			var asked command
			if err := json.Unmarshal(line, &asked); err != nil {
				log.Fatal(err)
			}
			say(subject.do(context.Background(), asked))
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// driver holds the one current conversation, if there is one.
type driver struct {
	conversation *fastagency.Conversation
	texts        fastagency.TextAssembler
}

func (d *driver) do(ctx context.Context, asked command) observation {
	switch asked.Do {
	case "discover":
		return d.discover(ctx, asked)
	case "start":
		return d.start(ctx, asked)
	case "resume":
		return d.resume(ctx, asked)
	case "decode":
		return decode(asked)
	case "next", "answer", "cancel", "cursor", "connection", "leave":
		if d.conversation == nil {
			return observation{"saw": "unsupported", "do": asked.Do + " without a conversation"}
		}
	}
	switch asked.Do {
	case "next":
		return d.next(ctx, asked.Timeout)
	case "answer":
		return d.answer(ctx, asked.Value)
	case "cancel":
		return d.cancel(ctx, asked.Reason)
	case "cursor":
		return d.cursor()
	case "connection":
		return observation{"saw": "connection", "connection": d.conversation.Connection()}
	case "leave":
		d.leave()
		return observation{"saw": "left", "state": d.conversation.State()}
	}
	return observation{"saw": "unsupported", "do": asked.Do}
}

func (d *driver) discover(ctx context.Context, asked command) observation {
	client, err := clientOf(asked)
	if err != nil {
		return failed(err)
	}
	workflows, err := client.Discovery(ctx)
	if err != nil {
		return failed(err)
	}
	return observation{"saw": "workflows", "workflows": workflows}
}

func (d *driver) start(ctx context.Context, asked command) observation {
	return d.enter(asked, func(client *fastagency.Client) (*fastagency.Conversation, error) {
		var params any // nil, not a nil text, where the command has none
		if asked.Params != nil {
			params = asked.Params
		}
		return client.Start(ctx, asked.Workflow, params)
	})
}

func (d *driver) resume(ctx context.Context, asked command) observation {
	return d.enter(asked, func(client *fastagency.Client) (*fastagency.Conversation, error) {
		var cursor fastagency.Cursor
		if err := json.Unmarshal(asked.Cursor, &cursor); err != nil {
			return nil, err
		}
		if asked.From {
			cursor = cursor.FromStart()
		}
		return client.Resume(ctx, cursor)
	})
}

func (d *driver) enter(asked command, begin func(*fastagency.Client) (*fastagency.Conversation, error)) observation {
	d.leave()
	*d = driver{}
	client, err := clientOf(asked)
	if err != nil {
		return failed(err)
	}
	d.conversation, err = begin(client)
	if err != nil {
		return failed(err)
	}
	return observation{"saw": "started", "workflow_uuid": d.conversation.WorkflowUUID()}
}

func (d *driver) next(ctx context.Context, seconds *float64) observation {
	if seconds != nil {
		bounded, cancel := context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer cancel()
		ctx = bounded
	}
	message, err := d.conversation.Next(ctx)
	var malformed *fastagency.MalformedMessageError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return observation{"saw": "timeout"}
	case errors.As(err, &malformed):
		return observation{"saw": "malformed", "why": malformed.Why}
	case err == io.EOF:
		return d.ended()
	case err != nil:
		seen := failed(err)
		seen["state"] = d.conversation.State()
		return seen
	}
	_, unknown := message.(*fastagency.Unknown)
	seen := observation{
		"saw": "message", "type": message.Type(), "known": !unknown, "message": message,
		"state": d.conversation.State(), "raw": string(message.RawJSON()),
	}
	d.addSession(seen, message)
	return seen
}

func (d *driver) ended() observation {
	seen := observation{"saw": "ended", "state": d.conversation.State(), "result": nil}
	if result, ok := d.conversation.Result(); ok {
		seen["result"] = result
	}
	if _, session := d.conversation.Cursor(); session {
		seen["outcome"] = nil
		if outcome := d.conversation.Outcome(); outcome != "" {
			seen["outcome"] = outcome
		}
	}
	return seen
}

// addSession adds what only a conversation of fastagency.v1 has to tell.
func (d *driver) addSession(seen observation, message fastagency.Message) {
	if _, session := d.conversation.Cursor(); !session {
		return
	}
	seen["connection"] = d.conversation.Connection()
	if text, ok := d.texts.Add(message); ok {
		seen["text"] = text
	}
	switch message := message.(type) {
	case *fastagency.AnswerAccepted:
		seen["elsewhere"] = d.conversation.AnsweredElsewhere(message)
	case fastagency.Question:
		seen["open"] = d.conversation.IsOpen(message)
	}
}

func (d *driver) answer(ctx context.Context, value json.RawMessage) observation {
	answer, err := answerOf(value)
	if err != nil {
		return failed(err)
	}
	id, err := d.conversation.AnswerQuestion(ctx, nil, answer)
	switch {
	case err != nil:
		return observation{"saw": "not_answered", "error": nameOf(err)}
	case id == "":
		return observation{"saw": "answered"}
	default:
		return observation{"saw": "answered", "answer_id": id}
	}
}

func answerOf(value json.RawMessage) (fastagency.AnswerValue, error) {
	var text fastagency.AnswerValueString
	if json.Unmarshal(value, &text) == nil {
		return text, nil
	}
	var choices fastagency.AnswerValueList
	err := json.Unmarshal(value, &choices)
	return choices, err
}

func (d *driver) cancel(ctx context.Context, reason string) observation {
	if err := d.conversation.Cancel(ctx, reason); err != nil {
		return failed(err)
	}
	return observation{"saw": "cancelled"}
}

func (d *driver) cursor() observation {
	seen := observation{"saw": "cursor", "cursor": nil}
	if cursor, ok := d.conversation.Cursor(); ok {
		seen["cursor"] = cursor
	}
	return seen
}

func (d *driver) leave() {
	if d.conversation != nil {
		d.conversation.Close()
	}
}

func clientOf(asked command) (*fastagency.Client, error) {
	options := &fastagency.ClientOptions{
		Header:         http.Header{},
		UserID:         asked.Options.UserID,
		MaxMessageSize: asked.Options.MaxMessageSize,
		Dialect:        fastagency.Dialect(asked.Options.Dialect),
		Retry:          fastagency.Retry{Attempts: max(1, asked.Options.Retry.Attempts)},
		Reconnect: fastagency.Reconnect{
			FirstDelay:   duration(asked.Options.Reconnect.FirstDelay),
			LongestDelay: duration(asked.Options.Reconnect.MaxDelay),
			ShouldRetry:  decisions(asked.Options.Reconnect.ShouldRetry),
		},
	}
	for name, value := range asked.Options.Headers {
		options.Header.Set(name, value)
	}
	return fastagency.NewClient(asked.URL, options)
}

// duration returns so many seconds, 0 for the default. No delay at all is next to none, because 0 is the default.
func duration(seconds *float64) time.Duration {
	if seconds == nil {
		return 0
	}
	return max(time.Nanosecond, time.Duration(*seconds*float64(time.Second)))
}

func decisions(wanted map[string]bool) func(fastagency.CloseCode, string, int) fastagency.Decision {
	return func(code fastagency.CloseCode, _ string, _ int) fastagency.Decision {
		again, ok := wanted[strconv.Itoa(int(code))]
		switch {
		case !ok:
			return fastagency.FollowCode
		case again:
			return fastagency.TryAgain
		default:
			return fastagency.GiveUp
		}
	}
}

// bodies are the types, by the spec's names, that stand by themselves beside the messages.
var bodies = map[string]func() any{
	"Acknowledge":             func() any { return new(fastagency.Acknowledge) },
	"AnswerFrame":             func() any { return new(fastagency.AnswerFrame) },
	"CancelWorkflow":          func() any { return new(fastagency.CancelWorkflow) },
	"ErrorResponse":           func() any { return new(fastagency.ErrorResponse) },
	"InitiateWorkflow":        func() any { return new(fastagency.InitiateWorkflow) },
	"InitiateWorkflowRequest": func() any { return new(fastagency.InitiateWorkflowRequest) },
	"InitiatedWorkflow":       func() any { return new(fastagency.InitiatedWorkflow) },
	"ResumeWorkflow":          func() any { return new(fastagency.ResumeWorkflow) },
	"StartWorkflow":           func() any { return new(fastagency.StartWorkflow) },
	"ValidationErrorResponse": func() any { return new(fastagency.ValidationErrorResponse) },
	"WorkflowInfo":            func() any { return new(fastagency.WorkflowInfo) },
}

func decode(asked command) observation {
	if body, ok := bodies[asked.As]; ok {
		value := body()
		if err := value.(json.Unmarshaler).UnmarshalJSON([]byte(asked.Frame)); err != nil {
			return observation{"saw": "refused", "why": err.Error()}
		}
		return observation{"saw": "decoded", "type": asked.As, "value": value}
	}
	if asked.As != "ServerMessage" {
		return observation{"saw": "unsupported", "do": "decode as " + asked.As}
	}
	message, err := fastagency.Decode([]byte(asked.Frame))
	if err != nil {
		return observation{"saw": "refused", "why": err.Error()}
	}
	return observation{"saw": "decoded", "type": specName(message), "value": message}
}

// specName returns the spec's name of a message's type. Go calls one otherwise: an Error would be an error.
func specName(message fastagency.Message) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", message), "*fastagency.")
	if name == "ErrorMessage" {
		return "Error"
	}
	return name
}

func failed(err error) observation {
	seen := observation{"saw": "failed", "error": nameOf(err), "reason": err.Error()}
	var request *fastagency.RequestRefusedError
	var refused *fastagency.ConversationRefusedError
	var lost *fastagency.ConversationLostError
	switch {
	case errors.As(err, &request):
		seen["status"], seen["detail"] = request.Status, request.Detail
	case errors.As(err, &refused):
		seen["code"], seen["reason"], seen["detail"] = refused.Code, refused.Reason, refused.Detail
		if refused.Status != 0 {
			seen["status"] = refused.Status
		}
	case errors.As(err, &lost):
		seen["code"], seen["reason"] = lost.Code, lost.Reason
	}
	return seen
}

func nameOf(err error) string {
	for name, found := range map[string]bool{
		"NotAsked":            errors.Is(err, fastagency.ErrNotAsked),
		"ServerUnreachable":   errors.As(err, new(*fastagency.ServerUnreachableError)),
		"RequestRefused":      errors.As(err, new(*fastagency.RequestRefusedError)),
		"MalformedMessage":    errors.As(err, new(*fastagency.MalformedMessageError)),
		"ConversationRefused": errors.As(err, new(*fastagency.ConversationRefusedError)),
		"ConversationLost":    errors.As(err, new(*fastagency.ConversationLostError)),
	} {
		if found {
			return name
		}
	}
	return fmt.Sprintf("%T: %v", err, err)
}
