package fastagency

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"
	"time"
)

// Conversation is one conversation with a workflow: [Client.Start] returns it, [Conversation.Messages] and
// [Conversation.Next] read it, [Conversation.Answer] replies.
//
// Its methods may be called by several goroutines at once; each message goes to one reader. The context of a
// method bounds that call alone, never the conversation.
type Conversation struct {
	socket       *socket
	closeTimeout time.Duration
	reading      chan struct{} // holds a token while somebody reads
	sending      chan struct{} // holds a token while a frame is written

	mu       sync.Mutex
	protocol protocol
}

func newConversation(workflowUUID string, s *socket, closeTimeout time.Duration) *Conversation {
	return &Conversation{
		socket:       s,
		closeTimeout: closeTimeout,
		reading:      make(chan struct{}, 1),
		sending:      make(chan struct{}, 1),
		protocol:     protocol{workflowUUID: workflowUUID},
	}
}

// WorkflowUUID returns the conversation's id, as the server named it.
func (c *Conversation) WorkflowUUID() string {
	return c.protocol.workflowUUID
}

// State tells where the conversation stands (spec FA-LIF), as far as it has been read.
//
// [StateCompleted] says that workflow_completed came, not that the workflow succeeded; [StateFailed] that the
// server refused the conversation; [StateCancelled] that the connection ended first, by either side.
func (c *Conversation) State() ConversationState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.protocol.state()
}

// Question returns the oldest question that is not answered yet, nil when nothing is asked.
func (c *Conversation) Question() Question {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.protocol.questions) == 0 {
		return nil
	}
	return c.protocol.questions[0]
}

// Result returns what the workflow returned. There is none before its end, and when it returned nothing.
func (c *Conversation) Result() (result string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.protocol.completed == nil || c.protocol.completed.Content.Result == nil {
		return "", false
	}
	return *c.protocol.completed.Content.Result, true
}

// LastError returns the last error message that came, nil when none did.
func (c *Conversation) LastError() *ErrorMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.protocol.lastError
}

// Messages returns the messages that are still to come, for a range loop:
//
//	for msg, err := range conversation.Messages(ctx) {
//
// The loop ends after the conversation, and after the first error but one: after a *[MalformedMessageError] it
// goes on with the next message, unless the loop is left. When ctx ends, the loop ends with its error; the
// conversation stays as it is, and another loop reads on.
func (c *Conversation) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			message, err := c.Next(ctx)
			if err == io.EOF || !yield(message, err) {
				return
			}
			var malformed *MalformedMessageError
			if err != nil && !errors.As(err, &malformed) {
				return
			}
		}
	}
}

// Next returns the next message, or an error:
//
//   - io.EOF after workflow_completed and the end of the connection, and after Close;
//   - *[ConversationRefusedError] when the server closed with a code that says what was wrong;
//   - *[ConversationLostError] when the connection ended before the workflow did;
//   - *[MalformedMessageError] for a frame that is not what it should be; the next call goes on after it;
//   - the context's error. No message is lost then, and the conversation goes on.
func (c *Conversation) Next(ctx context.Context) (Message, error) {
	if err := take(ctx, c.reading); err != nil {
		return nil, err
	}
	defer release(c.reading)
	var overdue <-chan time.Time
	if c.State() == StateCompleted && c.closeTimeout >= 0 {
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
		c.Close()
		return nil, io.EOF
	}
}

func (c *Conversation) receive(f frame, open bool) (Message, error) {
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
		return nil, c.protocol.receiveBinary(f.data)
	default:
		return c.protocol.receive(f.data)
	}
}

// Answer answers the open question with a text. For a multiple_choice that is a choice, or choices as they stand
// on the wire, joined with commas; an empty text stands for its default.
//
// The error wraps [ErrNotAsked] when nothing is asked or the question does not allow the answer (it stays open
// then); it is the conversation's when that has ended. When ctx ends before the answer is written, the error is
// the context's, and the answer may still arrive. An answer is sent once; nothing confirms that it arrived but
// what follows.
func (c *Conversation) Answer(ctx context.Context, text string) error {
	return c.answer(ctx, func(question Question) (string, error) { return frameForText(question, text) })
}

// AnswerChoices answers an open multiple_choice with any number of its choices, none for its default. The errors
// are those of Answer.
func (c *Conversation) AnswerChoices(ctx context.Context, choices ...string) error {
	return c.answer(ctx, func(question Question) (string, error) { return frameForChoices(question, choices) })
}

func (c *Conversation) answer(ctx context.Context, frameFor func(Question) (string, error)) error {
	if err := take(ctx, c.sending); err != nil {
		return err
	}
	text, err := c.frameToSend(frameFor)
	if err != nil {
		release(c.sending)
		return err
	}
	err = c.socket.send(ctx, []byte(text), func() { release(c.sending) })
	if err == nil || ctx.Err() != nil {
		return err
	}
	return c.unsent()
}

func (c *Conversation) frameToSend(frameFor func(Question) (string, error)) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := c.protocol.answer(frameFor)
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
func (c *Conversation) unsent() error {
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

// begin sends the first frame. A server that closed already is no error here: reading tells why it did.
func (c *Conversation) begin(ctx context.Context, first []byte) error {
	c.sending <- struct{}{}
	c.socket.running.Add(1)
	err := c.socket.send(ctx, first, func() { release(c.sending) })
	if err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// Close closes the socket and waits until nothing of the conversation runs any more. Before the end that ends
// the workflow (spec FA-CLA-6); afterwards, and the second time, it does nothing. The error is always nil.
func (c *Conversation) Close() error {
	c.mu.Lock()
	c.protocol.leave()
	c.mu.Unlock()
	c.socket.close()
	return nil
}

// take waits for a token of a channel of one, no longer than ctx.
func take(ctx context.Context, token chan struct{}) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case token <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func release(token chan struct{}) { <-token }
