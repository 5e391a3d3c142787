package fastagency

import (
	"context"
	"math/rand/v2"
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
	// The first frame is what initiate_workflow answered, but for what only fastagency.v1 has (spec FA-CLA-8).
	first, err := encode(InitiateWorkflow{
		UserID:       initiated.UserID,
		WorkflowUUID: initiated.WorkflowUUID,
		Name:         initiated.Name,
		Params:       initiated.Params,
	}, writeInitiateWorkflow)
	if err != nil {
		return nil, err
	}
	socket, err := openSocket(ctx, c.endpoints.webSocket, &c.options)
	if err != nil {
		return nil, err
	}
	conversation := newConversation(initiated.WorkflowUUID, socket, c.options.CloseTimeout)
	if err := conversation.begin(ctx, first); err != nil {
		conversation.Close()
		return nil, err
	}
	return conversation, nil
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
