package fastagency

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"
)

// classic is a classic conversation on its one socket: the shell around a [protocol].
type classic struct {
	socket       *socket
	closeTimeout time.Duration
	observer     *observer
	reading      chan struct{} // holds a token while somebody reads
	sending      chan struct{} // holds a token while a frame is written

	mu       sync.Mutex
	protocol protocol
}

func newClassic(workflowUUID string, s *socket, closeTimeout time.Duration, observer *observer) *classic {
	return &classic{
		socket:       s,
		closeTimeout: closeTimeout,
		observer:     observer,
		reading:      make(chan struct{}, 1),
		sending:      make(chan struct{}, 1),
		protocol:     protocol{workflowUUID: workflowUUID},
	}
}

// begin sends the first frame. A server that closed already is no error here: reading tells why it did.
func (c *classic) begin(ctx context.Context, first []byte) error {
	c.look()
	c.sending <- struct{}{}
	c.socket.running.Add(1)
	err := c.socket.send(ctx, func() { release(c.sending) }, first)
	if err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

func (c *classic) look() {
	c.observer.look(func() ConnectionState { return c.view().connection })
}

// view returns what there is to tell. In classic no server says an outcome, and nothing can be resumed.
func (c *classic) view() view {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := view{
		workflowUUID: c.protocol.workflowUUID,
		state:        c.protocol.state(),
		connection:   c.protocol.connection(),
		completed:    c.protocol.completed,
		lastError:    c.protocol.lastError,
	}
	if len(c.protocol.questions) > 0 {
		seen.question = c.protocol.questions[0]
	}
	return seen
}

func (c *classic) isOpen(question Question) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.protocol.questions, question)
}

// answeredElsewhere says no: in classic a conversation has one socket.
func (c *classic) answeredElsewhere(*AnswerAccepted) bool { return false }

func (c *classic) next(ctx context.Context) (Message, error) {
	if err := take(ctx, c.reading); err != nil {
		return nil, err
	}
	defer c.look()
	defer release(c.reading)
	var overdue <-chan time.Time
	if c.view().state == StateCompleted && c.closeTimeout >= 0 {
		timer := time.NewTimer(c.closeTimeout)
		defer timer.Stop()
		overdue = timer.C
	}
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case f, open := <-c.socket.frames:
		return c.receive(f, open)
	case <-overdue: // The workflow is over, and the server does not close.
		c.close()
		return nil, io.EOF
	}
}

func (c *classic) receive(f frame, open bool) (Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !open:
		if err := c.protocol.disconnected(c.socket.end); err != nil {
			return nil, err
		}
		return nil, io.EOF
	case c.protocol.left: // Close has begun.
		return nil, io.EOF
	case f.binary:
		return nil, binaryFrame(f.data)
	default:
		return c.protocol.receive(f.data)
	}
}

func (c *classic) answer(ctx context.Context, question Question, value AnswerValue) (string, error) {
	if err := take(ctx, c.sending); err != nil {
		return "", err
	}
	text, err := c.frameToSend(question, value)
	if err != nil {
		release(c.sending)
		return "", err
	}
	err = c.socket.send(ctx, func() { release(c.sending) }, []byte(text))
	if err == nil || ctx.Err() != nil {
		return "", err
	}
	return "", c.unsent()
}

func (c *classic) frameToSend(question Question, value AnswerValue) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := c.protocol.answer(question, value)
	if err != nil {
		return "", err
	}
	select {
	case <-c.socket.ended:
		return "", c.protocol.unsent(c.socket.end)
	default:
		c.socket.running.Add(1) // Under the lock: nothing is sent once Close waits.
		return text, nil
	}
}

// unsent returns the error of a frame that could not be written.
func (c *classic) unsent() error {
	timer := time.NewTimer(max(0, c.closeTimeout))
	defer timer.Stop()
	end := closing{code: noCloseFrame}
	select {
	case <-c.socket.ended:
		end = c.socket.end
	case <-timer.C: // The frames before the end fill the buffer, so that the end is not known yet.
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.protocol.unsent(end)
}

// cancel closes the socket, which has the same effect on the workflow (spec FA-CLA-6).
func (c *classic) cancel(context.Context, string) error {
	c.close()
	return nil
}

func (c *classic) close() {
	c.mu.Lock()
	c.protocol.leave()
	c.mu.Unlock()
	c.socket.close()
	c.look()
}
