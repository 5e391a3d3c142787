package fastagency

import "time"

// delivery is what the user is given at one place of a conversation: a message, or the error of a frame that is
// none.
type delivery struct {
	message Message
	err     error
	seq     int64  // its place in the log, 0 for what is not logged
	epoch   string // names the log
}

// sessionLog is how far a conversation's log has been received, which is further than what the user was given.
//
// During a replay it holds back what comes, so that it is known which questions are still open when they are
// delivered. What is held stays over the end of a connection: the place in the log has moved past it.
type sessionLog struct {
	token string // a secret
	epoch string
	seq   int64

	begun     bool // there was a session
	shown     bool // the user was handed something of the conversation, which a reset makes wrong
	holding   bool
	held      []delivery
	completed *WorkflowCompleted
	refusal   *ErrorMessage // the last error message of this connection
}

// ready takes a session_ready, and says whether everything begins anew (spec FA-RES-2, FA-RES-3).
func (l *sessionLog) ready(message *SessionReady) (anew bool) {
	l.token, l.epoch = message.ResumeToken, message.Epoch
	l.begun, l.holding = true, true
	if message.Mode == SessionModeReplay {
		return false
	}
	l.held = nil
	l.seq = 0
	if message.Mode == SessionModeReset {
		l.seq = max(message.OldestSeq-1, 0)
	}
	if l.shown { // The user is to drop what was shown.
		l.held = []delivery{{message: message, epoch: l.epoch}}
	}
	return true
}

// next says whether the message of that seq is the next one, and counts it as received then. One that is known
// already is to be dropped; one that leaves a gap breaks the connection (spec FA-RES-5).
func (l *sessionLog) next(seq int64) (next, gap bool) {
	if seq != l.seq+1 {
		return false, seq > l.seq
	}
	l.seq = seq
	return true, false
}

// out returns what the user is given now: the delivery, or nothing while it is held back.
func (l *sessionLog) out(d delivery) []delivery {
	d.epoch = l.epoch
	l.held = append(l.held, d)
	if l.holding {
		return nil
	}
	return l.release()
}

// release returns everything that was held back.
func (l *sessionLog) release() []delivery {
	held := l.held
	l.held, l.holding = nil, false
	l.shown = l.shown || l.begun && len(held) > 0
	return held
}

// receive takes a text frame and returns what the user is given now, in order.
func (p *sessionProtocol) receive(frame []byte, now time.Time) []delivery {
	if p.broken {
		return nil
	}
	message, err := decode(frame, readServerMessage)
	if err != nil {
		return p.malformed(frame, err)
	}
	switch message := message.(type) {
	case *SessionReady:
		return p.ready(message, now)
	case *ReplayCompleted:
		return p.beginLive(now)
	case *KeepAlive:
		return nil
	case *TextChunk:
		return p.log.out(delivery{message: message})
	case *AnswerRejected:
		p.answers.rejected(message)
		return p.log.out(delivery{message: message})
	case *AnswerAccepted:
		// Whether it is new or said again: the answer is settled (spec FA-ANS-4).
		p.answers.settled(message.AnswerID)
	}
	seq, logged := seqIn(frame)
	if logged && !p.follows(seq) {
		return nil
	}
	p.note(message)
	return p.log.out(delivery{message: message, seq: seq})
}

// receiveBinary takes a binary frame, which is an error at its place: servers send none.
func (p *sessionProtocol) receiveBinary(data []byte) []delivery {
	if p.broken {
		return nil
	}
	return p.log.out(delivery{err: binaryFrame(data)})
}

// malformed takes a frame that is not what its type says. Its place in the log counts as read, so that it does not
// come again and again. Without a session, or the end of a replay, a connection leads nowhere.
func (p *sessionProtocol) malformed(frame []byte, err error) []delivery {
	d := delivery{err: err}
	if notJSON(frame) != "" {
		return p.log.out(d)
	}
	if seq, ok := seqIn(frame); ok && seq == p.log.seq+1 && p.follows(seq) {
		d.seq = seq
	}
	switch kind, _ := stringIn(frame, "type"); kind {
	case "session_ready", "replay_completed":
		p.broken = true
	}
	return p.log.out(d)
}

// follows says whether a logged message is the next one, and notes the progress, or the gap.
func (p *sessionProtocol) follows(seq int64) bool {
	next, gap := p.log.next(seq)
	p.broken = gap
	if next {
		p.attempt = 0
	}
	return next
}

// note takes what a message says beyond being shown.
func (p *sessionProtocol) note(message Message) {
	switch message := message.(type) {
	case Question:
		p.answers.asked(message)
	case *AnswerAccepted:
		p.answers.closed(message.QuestionUUID)
	case *WorkflowCompleted:
		p.log.completed = message
		p.answers.end()
	case *ErrorMessage:
		p.log.refusal = message
	}
}
