package fastagency

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// messagesAhead is how many messages are kept for a user who does not read; beyond it nothing is read from the
// socket of a live session. Answers and cancels are sent all the same.
const messagesAhead = 256

// connect opens a socket for a session, with fresh credentials each time.
type connect func(context.Context) (*socket, error)

// session is a conversation of fastagency.v1: the shell around a [sessionProtocol], with one goroutine that reads,
// and comes back when the connection ends.
type session struct {
	connect      connect
	closeTimeout time.Duration
	observer     *observer
	inbox        *inbox
	reading      chan struct{} // holds a token while somebody reads
	sending      chan struct{} // holds a token while frames are written

	ctx     context.Context // ends when the conversation is left
	leave   context.CancelFunc
	running sync.WaitGroup
	failing chan struct{} // has a token when nothing could be written

	mu       sync.Mutex
	protocol *sessionProtocol
	socket   *socket // nil while there is none
	mute     bool    // nothing can be written to it
}

// newSession returns a conversation that has no socket yet.
func newSession(protocol *sessionProtocol, connect connect, closeTimeout time.Duration, observer *observer) *session {
	s := &session{
		connect:      connect,
		closeTimeout: closeTimeout,
		observer:     observer,
		inbox:        newInbox(),
		reading:      make(chan struct{}, 1),
		sending:      make(chan struct{}, 1),
		failing:      make(chan struct{}, 1),
		protocol:     protocol,
	}
	s.ctx, s.leave = context.WithCancel(context.Background())
	return s
}

// begin holds the conversation on its first socket. It waits until the first frame is written, or cannot be, which
// is no error here: reading tells why.
func (s *session) begin(ctx context.Context, first *socket) error {
	s.look()
	written, err := s.attach(first)
	if err != nil {
		first.drop()
		return err
	}
	s.running.Add(1)
	go s.run(first)
	select {
	case <-written:
		return nil
	case <-ctx.Done():
		s.close()
		return context.Cause(ctx)
	}
}

// run holds the conversation on one socket after the other, to its end.
func (s *session) run(socket *socket) {
	defer s.running.Done()
	next := s.disconnected(s.hold(socket))
	for next.again {
		if sleep(s.ctx, next.delay) != nil {
			next = s.disconnected(closing{code: noCloseFrame})
			continue
		}
		reopened, err := s.connect(s.ctx)
		if err != nil {
			next = s.notOpened(err)
			continue
		}
		if _, err := s.attach(reopened); err != nil {
			reopened.drop()
			next = s.giveUp(err)
			continue
		}
		next = s.disconnected(s.hold(reopened))
	}
	s.inbox.put(next.rest)
	s.inbox.finish(next.err)
	s.look()
}

func (s *session) disconnected(end closing) following {
	s.mu.Lock()
	next := s.protocol.disconnected(end, time.Now())
	s.mu.Unlock()
	s.look()
	return next
}

// notOpened takes why a socket could not be opened. Some answers are final, whatever is tried; everything else may
// pass, as a connection that broke does.
func (s *session) notOpened(err error) following {
	var refused *RequestRefusedError
	if errors.As(err, &refused) {
		switch refused.Status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			return s.giveUp(&ConversationRefusedError{Code: noCloseFrame, Status: refused.Status, Detail: refused.Detail})
		}
	}
	return s.disconnected(closing{code: noCloseFrame})
}

func (s *session) giveUp(err error) following {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.protocol.giveUp(err)
}

// look tells of the connection's state when it has changed.
func (s *session) look() {
	s.observer.look(func() ConnectionState { return s.view().connection })
}

func (s *session) view() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	cursor, hasCursor := s.protocol.cursor()
	return view{
		workflowUUID: s.protocol.workflowUUID,
		state:        s.protocol.state(),
		connection:   s.protocol.connection(),
		question:     s.protocol.answers.question(),
		completed:    s.protocol.given.completed,
		endRead:      s.protocol.endRead(),
		lastError:    s.protocol.given.lastError,
		cursor:       cursor,
		hasCursor:    hasCursor,
	}
}

func (s *session) isOpen(question Question) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.protocol.answers.isOpen(question)
}

func (s *session) answeredElsewhere(accepted *AnswerAccepted) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.protocol.answeredElsewhere(accepted)
}

func (s *session) next(ctx context.Context) (Message, error) {
	if err := take(ctx, s.reading); err != nil {
		return nil, err
	}
	defer s.look()
	defer release(s.reading)
	for {
		if s.ctx.Err() != nil { // Close has begun.
			return nil, io.EOF
		}
		if message, err, found := s.deliver(); found {
			return message, err
		}
		select {
		case <-s.inbox.arrived:
		case <-s.ctx.Done():
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// deliver gives the user what came next, if anything did.
func (s *session) deliver() (message Message, err error, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, found, finished := s.inbox.take()
	switch {
	case found:
		s.protocol.delivered(d)
		return d.message, d.err, true
	case finished && d.err == nil:
		return nil, io.EOF, true
	case finished:
		s.protocol.deliveredEnd(d.err)
	}
	return nil, d.err, finished
}

func (s *session) answer(ctx context.Context, question Question, value AnswerValue) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	s.mu.Lock()
	id, err := s.protocol.answer(question, value)
	s.mu.Unlock()
	if err == nil {
		s.flush(ctx)
	}
	return id, err
}

func (s *session) cancel(ctx context.Context, reason string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.mu.Lock()
	err := s.protocol.cancel(reason)
	s.mu.Unlock()
	if err == nil {
		s.flush(ctx)
	}
	return err
}

func (s *session) close() {
	s.mu.Lock()
	s.protocol.leave()
	s.mu.Unlock()
	s.leave()
	s.running.Wait()
	s.look()
}
