package fastagency

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// Client is a client of one server. It may be used by several goroutines at once, and needs no closing.
type Client struct {
	endpoints endpoints
	options   ClientOptions
}

// NewClient returns a client of the server at url: http, https, ws or wss, with a path prefix if it has one.
// The options may be nil. It fails for a url that is none, and for options that mean nothing; it asks the server
// for nothing yet.
func NewClient(url string, options *ClientOptions) (*Client, error) {
	filled, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	addresses, err := endpointsOf(url, &filled)
	if err != nil {
		return nil, err
	}
	return &Client{endpoints: addresses, options: filled}, nil
}

// Discovery returns the workflows that the server offers.
//
// A server that cannot be reached or is full is asked again, as the options' [Retry] says. The errors are
// *[ServerUnreachableError], *[RequestRefusedError], *[MalformedMessageError], and the context's own.
func (c *Client) Discovery(ctx context.Context) ([]WorkflowInfo, error) {
	for tried := 1; ; tried++ {
		workflows, err := discoveryOperation.call(ctx, c.endpoints.discovery, nil, &c.options)
		if err == nil {
			return workflows, nil
		}
		delay, again := c.options.Retry.delay(tried, err, rand.Float64)
		if !again {
			return nil, err
		}
		if err := sleep(ctx, delay); err != nil {
			return nil, err
		}
	}
}

// Start announces a conversation with a workflow, opens the socket and sends the first frame.
//
// The params are whatever encoding/json makes a JSON object of, nil for an empty one. The context bounds the
// start alone: the conversation lives until its end, or until it is closed. Close it when it is needed no more.
//
// The errors are *[ServerUnreachableError], *[RequestRefusedError] (404 for a workflow that is not there),
// *[MalformedMessageError], the context's own, and one for params that are no JSON object.
func (c *Client) Start(ctx context.Context, workflow string, params any) (*Conversation, error) {
	body, err := initiateRequest(workflow, params, c.options.UserID)
	if err != nil {
		return nil, err
	}
	initiated, err := initiateWorkflowOperation.call(ctx, c.endpoints.initiateWorkflow, body, &c.options)
	if err != nil {
		return nil, err
	}
	if c.options.Dialect == DialectAuto && slices.Contains(initiated.Subprotocols, subprotocol) {
		return c.startSession(ctx, initiated)
	}
	socket, err := openSocket(ctx, c.endpoints.webSocket, &c.options)
	if err != nil {
		return nil, err
	}
	return c.startClassic(ctx, initiated, socket)
}

// Resume returns the conversation that the cursor stands in. It goes on after the cursor; with that of
// [Cursor.FromStart] it shows everything that the server still holds (spec FA-RES).
//
// The errors are those of opening a socket, as in Start. That the conversation is gone is told by reading it: a
// *[ConversationRefusedError] with the code 4010.
func (c *Client) Resume(ctx context.Context, cursor Cursor) (*Conversation, error) {
	protocol, err := resumeSession(cursor, c.options.Reconnect, time.Now())
	if err != nil {
		return nil, err
	}
	socket, err := c.openSession(ctx)
	if err != nil {
		return nil, err
	}
	return c.holdSession(ctx, protocol, socket)
}

// startSession starts a conversation with a server that speaks fastagency.v1. One that does not echo the offer is
// spoken to in classic (spec FA-NEG-4).
func (c *Client) startSession(ctx context.Context, initiated InitiatedWorkflow) (*Conversation, error) {
	protocol, err := startSession(initiated, c.options.Reconnect, time.Now())
	if err != nil {
		return nil, err
	}
	socket, err := openSocket(ctx, c.endpoints.webSocket, &c.options, subprotocol)
	if err != nil {
		return nil, err
	}
	if !socket.speaksSessions() {
		return c.startClassic(ctx, initiated, socket)
	}
	return c.holdSession(ctx, protocol, socket)
}

func (c *Client) startClassic(ctx context.Context, initiated InitiatedWorkflow, socket *socket) (*Conversation, error) {
	classic := newClassic(initiated.WorkflowUUID, socket, c.options.CloseTimeout, c.observer(initiated.WorkflowUUID))
	// The first frame is what initiate_workflow answered, but for what only fastagency.v1 has (spec FA-CLA-8).
	first, err := encode(InitiateWorkflow{
		UserID:       initiated.UserID,
		WorkflowUUID: initiated.WorkflowUUID,
		Name:         initiated.Name,
		Params:       initiated.Params,
	}, writeInitiateWorkflow)
	if err == nil {
		err = classic.begin(ctx, first)
	}
	if err != nil {
		classic.close()
		return nil, err
	}
	return &Conversation{classic}, nil
}

func (c *Client) holdSession(ctx context.Context, protocol *sessionProtocol, socket *socket) (*Conversation, error) {
	session := newSession(protocol, c.openSession, c.options.CloseTimeout, c.observer(protocol.workflowUUID))
	if err := session.begin(ctx, socket); err != nil {
		return nil, err
	}
	return &Conversation{session}, nil
}

// openSession opens a socket for a conversation that can only go on in fastagency.v1.
func (c *Client) openSession(ctx context.Context) (*socket, error) {
	socket, err := openSocket(ctx, c.endpoints.webSocket, &c.options, subprotocol)
	if err != nil {
		return nil, err
	}
	if !socket.speaksSessions() {
		socket.drop()
		return nil, &ServerUnreachableError{URL: c.endpoints.webSocket, Err: errNoSessions}
	}
	return socket, nil
}

var errNoSessions = errors.New("the server does not speak " + subprotocol)

func (c *Client) observer(workflowUUID string) *observer {
	o := &observer{}
	if c.options.OnConnection != nil {
		o.tell = func(state ConnectionState) { c.options.OnConnection(workflowUUID, state) }
	}
	return o
}

func sleep(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
