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
	Options  struct {
		Headers        map[string]string `json:"headers"`
		UserID         string            `json:"user_id"`
		MaxMessageSize int64             `json:"max_message_size"`
		Retry          struct {
			Attempts int `json:"attempts"`
		} `json:"retry"`
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
		"features": []string{"discover", "converse", "timeout", "decode", "raw_text", "exact_integers"},
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
}

func (d *driver) do(ctx context.Context, asked command) observation {
	switch asked.Do {
	case "discover":
		return d.discover(ctx, asked)
	case "start":
		return d.start(ctx, asked)
	case "decode":
		return decode(asked)
	case "next", "answer", "leave":
		if d.conversation == nil {
			return observation{"saw": "unsupported", "do": asked.Do + " without a conversation"}
		}
	}
	switch asked.Do {
	case "next":
		return d.next(ctx, asked.Timeout)
	case "answer":
		return d.answer(ctx, asked.Value)
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
	d.leave()
	d.conversation = nil
	client, err := clientOf(asked)
	if err != nil {
		return failed(err)
	}
	d.conversation, err = client.Start(ctx, asked.Workflow, asked.Params)
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
		seen := observation{"saw": "ended", "state": d.conversation.State(), "result": nil}
		if result, ok := d.conversation.Result(); ok {
			seen["result"] = result
		}
		return seen
	case err != nil:
		seen := failed(err)
		seen["state"] = d.conversation.State()
		return seen
	}
	_, unknown := message.(*fastagency.Unknown)
	return observation{
		"saw": "message", "type": message.Type(), "known": !unknown, "message": message,
		"state": d.conversation.State(), "raw": string(message.RawJSON()),
	}
}

func (d *driver) answer(ctx context.Context, value json.RawMessage) observation {
	var text string
	var choices []string
	var err error
	if json.Unmarshal(value, &text) == nil {
		err = d.conversation.Answer(ctx, text)
	} else if err = json.Unmarshal(value, &choices); err == nil {
		err = d.conversation.AnswerChoices(ctx, choices...)
	}
	if err != nil {
		return observation{"saw": "not_answered", "error": nameOf(err)}
	}
	return observation{"saw": "answered"}
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
		Retry:          fastagency.Retry{Attempts: max(1, asked.Options.Retry.Attempts)},
	}
	for name, value := range asked.Options.Headers {
		options.Header.Set(name, value)
	}
	return fastagency.NewClient(asked.URL, options)
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
