package fastagency

import (
	"math"
	"math/rand/v2"
	"time"
)

// subprotocol is what a client offers where it was advertised (spec FA-NEG-2).
const subprotocol = "fastagency.v1"

// silences is after how many heartbeats without one the connection is dead (spec FA-LIV-1).
const silences = 1.5

// sessionProtocol is one conversation of fastagency.v1 from the client's side, as a pure state machine over all its
// connections, without I/O and without a clock. [session] is the shell: it opens a socket, sends firstFrame, gives
// every frame to receive and the user what that returns, and sends what outgoing returns; when the socket has
// ended, disconnected says what is next.
type sessionProtocol struct {
	workflowUUID string
	start        []byte // the first frame until there is a session; nil where there was one before
	reconnect    Reconnect
	draw         func() float64

	log     sessionLog
	answers sessionAnswers
	given   sessionGiven

	resumable  bool              // there was a session, now or before
	inSession  bool              // session_ready came on this connection
	live       bool              // so did everything that was missed
	broken     bool              // the connection is to be dropped, and the conversation resumed
	over       bool              // no connection follows, because the conversation has ended
	began      ConversationState // where the conversation stood when the session of this connection began
	readBefore Outcome           // how the conversation ended, where the user had read all of it before; empty otherwise
	left       bool
	ending     error // why the conversation was given up

	attempt   int           // since the last progress
	goneSince time.Time     // since when there has been no session
	detached  time.Duration // how long the conversation lives without one
	heartbeat time.Duration // 0 until the server has said
}

// startSession returns the machine of a conversation that is to be started.
func startSession(initiated InitiatedWorkflow, reconnect Reconnect, now time.Time) (*sessionProtocol, error) {
	first, err := encode(StartWorkflow{
		WorkflowUUID: initiated.WorkflowUUID,
		Name:         initiated.Name,
		Params:       initiated.Params,
		ResumeToken:  initiated.ResumeToken,
	}, writeStartWorkflow)
	if err != nil {
		return nil, err
	}
	p := newSessionProtocol(initiated.WorkflowUUID, reconnect, now)
	p.start = first
	p.log.token = ValueOr(initiated.ResumeToken, "")
	return p, nil
}

// resumeSession returns the machine of a conversation that goes on after the cursor.
func resumeSession(cursor Cursor, reconnect Reconnect, now time.Time) (*sessionProtocol, error) {
	p := newSessionProtocol(cursor.WorkflowUUID, reconnect, now)
	p.resumable = true
	p.log = sessionLog{token: cursor.ResumeToken, epoch: cursor.Epoch, seq: cursor.AfterSeq, shown: true}
	p.given.epoch, p.given.seq = cursor.Epoch, cursor.AfterSeq
	_, err := p.firstFrame() // A cursor may hold what JSON cannot say.
	return p, err
}

func newSessionProtocol(workflowUUID string, reconnect Reconnect, now time.Time) *sessionProtocol {
	return &sessionProtocol{
		workflowUUID: workflowUUID,
		reconnect:    reconnect,
		draw:         rand.Float64,
		goneSince:    now,
		detached:     reconnect.Patience,
	}
}

// connection tells what a client shows of its connection (spec FA-LIF-3).
func (p *sessionProtocol) connection() ConnectionState {
	switch {
	case p.ending != nil:
		return ConnectionLost
	case p.left || p.given.completed != nil || p.endRead() != "":
		return ConnectionEnded
	case p.live || p.over:
		return ConnectionLive
	case p.resumable:
		return ConnectionReconnecting
	default:
		return ConnectionConnecting
	}
}

// firstFrame returns the first frame of a new socket. Until there is a session that is the same each time, so that
// the workflow runs once (spec FA-RES-7).
func (p *sessionProtocol) firstFrame() ([]byte, error) {
	p.broken = false
	p.log.refusal = nil
	if !p.resumable {
		return p.start, nil
	}
	return encode(ResumeWorkflow{
		WorkflowUUID: p.workflowUUID,
		ResumeToken:  p.log.token,
		Epoch:        p.log.epoch,
		AfterSeq:     p.log.seq,
	}, writeResumeWorkflow)
}

// outgoing returns the frames that are to be sent now, and takes them for sent.
func (p *sessionProtocol) outgoing() [][]byte {
	if !p.live {
		return nil
	}
	return p.answers.unsent()
}

// hasOutgoing says whether outgoing has anything.
func (p *sessionProtocol) hasOutgoing() bool { return p.live && p.answers.hasUnsent() }

// silence is how long a connection may be silent: after it, it is dead (spec FA-LIV-1).
func (p *sessionProtocol) silence() time.Duration {
	if p.heartbeat <= 0 {
		return p.reconnect.Patience
	}
	return time.Duration(silences * float64(p.heartbeat))
}

// leave notes that this side closes the connection for good. The conversation goes on (spec FA-CAN-3).
func (p *sessionProtocol) leave() {
	p.left = true
	p.answers.end()
}

// following is what comes after the end of a connection: another one after delay, or nothing any more. rest is what
// the user is given before the end then, and err why the conversation did not come to its own end.
type following struct {
	again bool
	delay time.Duration
	rest  []delivery
	err   error
}

// disconnected notes that the connection ended, or could not be opened, and returns what is next (spec FA-CLS).
func (p *sessionProtocol) disconnected(end closing, now time.Time) following {
	if p.live && !p.broken && !end.byClient && end.code == CloseFinished && p.log.completed == nil && p.began.Final() {
		p.readBefore = Outcome(p.began) // workflow_completed does not come again (spec FA-RES-9).
	}
	if p.inSession {
		p.goneSince = now
	}
	p.inSession, p.live = false, false
	p.answers.resend()
	if p.log.completed != nil || p.readBefore != "" || p.left {
		p.over = true
		return following{rest: p.log.release()}
	}
	if p.broken {
		end = closing{code: noCloseFrame}
	}
	p.attempt++
	delay, again := p.reconnect.delay(end, p.attempt, p.draw)
	if !again || now.Add(delay).Sub(p.goneSince) > p.detached {
		return p.giveUp(endingOf(end, p.log.refusal))
	}
	return following{again: true, delay: delay}
}

// giveUp notes that no connection is tried any more, and why.
func (p *sessionProtocol) giveUp(err error) following {
	p.ending = err
	p.answers.end()
	return following{rest: p.log.release(), err: err}
}

// ready takes the session_ready of a connection, and returns what the user is given.
func (p *sessionProtocol) ready(message *SessionReady, now time.Time) []delivery {
	p.resumable, p.inSession, p.began = true, true, ConversationState(message.State)
	p.start = nil
	p.heartbeat, p.detached = seconds(message.HeartbeatSeconds), seconds(message.DetachedSeconds)
	if p.log.ready(message) {
		p.answers.forget()
		if !p.log.shown {
			p.given.seq = p.log.seq
		}
	}
	if !p.log.shown {
		p.given.epoch = message.Epoch // Nothing of another log can come before it.
	}
	if message.Mode == SessionModeFresh {
		return p.beginLive(now)
	}
	return nil
}

// beginLive notes that nothing is missed any more, and returns what was held back.
func (p *sessionProtocol) beginLive(now time.Time) []delivery {
	p.live = true
	p.attempt = 0
	p.goneSince = now
	return p.log.release()
}

// seconds returns a duration of the protocol. One that is longer than Go can say is as long as it can.
func seconds(number float64) time.Duration {
	const longest = float64(math.MaxInt64 / 4)
	return time.Duration(min(max(number*float64(time.Second), 0), longest))
}
