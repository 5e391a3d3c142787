package fastagency

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Conversation is one conversation with a workflow: [Client.Start] and [Client.Resume] return it,
// [Conversation.Messages] and [Conversation.Next] read it, [Conversation.Answer] replies.
//
// With a server that speaks fastagency.v1 it comes back by itself when its connection ends, and closing it leaves
// the workflow running; [Conversation.Cancel] ends that. With any other server the end of the connection is that of
// the conversation (spec FA-NEG-3).
//
// Its methods may be called by several goroutines at once; each message goes to one reader. The context of a
// method bounds that call alone, never the conversation.
type Conversation struct {
	dialogue dialogue
}

// dialogue is a conversation in one of the dialects: [classic] or [session].
type dialogue interface {
	view() view
	isOpen(Question) bool
	answeredElsewhere(*AnswerAccepted) bool
	next(context.Context) (Message, error)
	answer(context.Context, Question, AnswerValue) (answerID string, err error)
	cancel(ctx context.Context, reason string) error
	close()
}

// view is what a conversation has to tell, all of one moment.
type view struct {
	workflowUUID string
	state        ConversationState
	connection   ConnectionState
	question     Question
	completed    *WorkflowCompleted
	endRead      Outcome // of a conversation that was over, and read, before it was resumed; empty of any other
	lastError    *ErrorMessage
	cursor       Cursor
	hasCursor    bool
}

// WorkflowUUID returns the conversation's id, as the server named it.
func (c *Conversation) WorkflowUUID() string { return c.dialogue.view().workflowUUID }

// State tells where the conversation stands (spec FA-LIF), as far as it has been read.
//
// In classic [StateCompleted] says that workflow_completed came, not that the workflow succeeded. [StateFailed] says
// that the workflow failed, or that the server refused the conversation; [StateCancelled] that the workflow was
// cancelled, or that this side left or lost it.
func (c *Conversation) State() ConversationState { return c.dialogue.view().state }

// Connection tells the state of the connection, to be shown (spec FA-LIF-3).
func (c *Conversation) Connection() ConnectionState { return c.dialogue.view().connection }

// Question returns the oldest question that was read and is not answered yet, nil when nothing is asked.
func (c *Conversation) Question() Question { return c.dialogue.view().question }

// IsOpen says whether a question of this conversation still takes an answer: one that another tab answered does
// not, nor one whose time ran out.
func (c *Conversation) IsOpen(question Question) bool { return c.dialogue.isOpen(question) }

// AnsweredElsewhere says whether the answer that was accepted is somebody else's, of another tab for example (spec
// FA-RES-6).
func (c *Conversation) AnsweredElsewhere(accepted *AnswerAccepted) bool {
	return c.dialogue.answeredElsewhere(accepted)
}

// Result returns what the workflow returned. There is none before its end, and when it returned nothing.
func (c *Conversation) Result() (result string, ok bool) {
	completed := c.dialogue.view().completed
	if completed == nil || completed.Content.Result == nil {
		return "", false
	}
	return *completed.Content.Result, true
}

// Outcome returns how the workflow ended: empty before its end, and in classic, which does not say.
func (c *Conversation) Outcome() Outcome {
	seen := c.dialogue.view()
	if seen.completed == nil {
		return seen.endRead
	}
	return ValueOr(seen.completed.Content.Outcome, "")
}

// LastError returns the last error message that was read, nil when none was.
func (c *Conversation) LastError() *ErrorMessage { return c.dialogue.view().lastError }

// Cursor returns where this conversation stands, after the last message that was read, to be stored and given to
// [Client.Resume]. There is none before the first session, and in classic.
func (c *Conversation) Cursor() (cursor Cursor, ok bool) {
	seen := c.dialogue.view()
	return seen.cursor, seen.hasCursor
}

// Messages returns the messages that are still to come, for a range loop:
//
//	for msg, err := range conversation.Messages(ctx) {
//
// The loop ends after the conversation, and after the first error but one: after a *[MalformedMessageError] it
// goes on with the next message, unless the loop is left. When ctx ends, the loop ends with its error; the
// conversation stays as it is, and another loop reads on.
//
// A *[SessionReady] among them says to drop what was shown: everything comes again (spec FA-RES-3).
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
//   - io.EOF after workflow_completed and the end of the connection, at once where that was read before a [Client.Resume],
//     and after Close;
//   - *[ConversationRefusedError] when the server closed with a code that says what was wrong;
//   - *[ConversationLostError] when the connection ended before the workflow did, and could not be had back;
//   - *[MalformedMessageError] for a frame that is not what it should be; the next call goes on after it;
//   - the context's error. No message is lost then, and the conversation goes on.
func (c *Conversation) Next(ctx context.Context) (Message, error) { return c.dialogue.next(ctx) }

// Answer answers the open question with a text. For a multiple_choice that is a choice, or choices as they stand
// in classic, joined with commas; an empty text stands for its default. See AnswerQuestion for the errors.
func (c *Conversation) Answer(ctx context.Context, text string) error {
	_, err := c.dialogue.answer(ctx, nil, AnswerValueString(text))
	return err
}

// AnswerChoices answers an open multiple_choice with any number of its choices, none for its default. See
// AnswerQuestion for the errors.
func (c *Conversation) AnswerChoices(ctx context.Context, choices ...string) error {
	_, err := c.dialogue.answer(ctx, nil, AnswerValueList(choices))
	return err
}

// AnswerQuestion answers a question, nil for the oldest open one, with an [AnswerValueString] or an
// [AnswerValueList].
//
// In fastagency.v1 it returns the answer's id, which answer_accepted and answer_rejected repeat. The answer is kept
// until one of them comes, so that it arrives exactly once also when the connection drops meanwhile (spec FA-ANS);
// the call waits until it is written if there is a connection, no longer than ctx. In classic there is no id, only
// the oldest question can be answered, and the answer is sent once: nothing confirms that it arrived but what
// follows; when ctx ends before it is written, the error is the context's, and it may still arrive.
//
// The error wraps [ErrNotAsked] when nothing is asked, or the question is closed or does not allow the answer (it
// stays open then); it is the conversation's when that has ended.
func (c *Conversation) AnswerQuestion(ctx context.Context, question Question, value AnswerValue) (answerID string, err error) {
	return c.dialogue.answer(ctx, question, value)
}

// Cancel ends the workflow; the reason, which may be empty, is for the server's log.
//
// In fastagency.v1 the messages end with a workflow_completed of the outcome cancelled, now or as soon as there is a
// session again (spec FA-CAN-1). In classic it closes the socket, which has the same effect on the workflow.
func (c *Conversation) Cancel(ctx context.Context, reason string) error {
	return c.dialogue.cancel(ctx, reason)
}

// Close closes the socket and waits until nothing of the conversation runs any more; afterwards, and the second
// time, it does nothing. The error is always nil.
//
// In fastagency.v1 the workflow goes on, and the Cursor brings the conversation back (spec FA-CAN-3). In classic
// that ends a workflow that still runs (spec FA-CLA-6).
func (c *Conversation) Close() error {
	c.dialogue.close()
	return nil
}
