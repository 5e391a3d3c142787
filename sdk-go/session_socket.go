package fastagency

import (
	"context"
	"time"
)

// attach makes the socket the one that is written to, begins to write its first frame, and says in the channel when
// that has been done. When it could not be written, the reading tells why.
func (s *session) attach(socket *socket) (written <-chan error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, err := s.protocol.firstFrame()
	if err != nil {
		return nil, err
	}
	s.socket, s.mute = socket, false
	socket.running.Add(1)
	return socket.write(func() {}, first), nil
}

// hold reads a socket until it ends or leads nowhere any more, and returns how that was. Nothing is left of it then.
func (s *session) hold(socket *socket) closing {
	defer s.detach(socket)
	for s.hasRoom() {
		end, ended := s.read(socket)
		if ended {
			return end
		}
	}
	return closing{code: noCloseFrame} // It was left.
}

// detach lets go of the socket: politely when the conversation is left, otherwise without waiting for a peer that
// may be gone.
func (s *session) detach(socket *socket) {
	s.mu.Lock()
	s.socket = nil
	s.mu.Unlock()
	if s.ctx.Err() != nil {
		socket.close()
	} else {
		socket.drop()
	}
}

// hasRoom waits until the user has room for more messages, and says false when the conversation was left meanwhile.
// What has no session yet is read in any case, and so is what follows when nothing can be written any more: answers
// wait for another connection.
func (s *session) hasRoom() bool {
	for s.inbox.full() && s.waits() {
		select {
		case <-s.inbox.room:
		case <-s.failing:
		case <-s.ctx.Done():
			return false
		}
	}
	return true
}

func (s *session) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.protocol.live && !s.mute
}

// read takes the next frame, and says whether the connection has ended.
func (s *session) read(socket *socket) (end closing, ended bool) {
	silence := time.NewTimer(s.silence())
	defer silence.Stop()
	select {
	case f, open := <-socket.frames:
		if !open {
			return socket.end, true
		}
		return closing{code: noCloseFrame}, s.receive(f)
	case <-silence.C: // The connection is dead, whatever TCP says (spec FA-LIV-1).
	case <-s.ctx.Done():
	}
	return closing{code: noCloseFrame}, true
}

// silence is how long to wait for the next frame; after the workflow's end that is the close.
func (s *session) silence() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	silence := s.protocol.silence()
	if s.protocol.log.completed != nil && s.closeTimeout >= 0 {
		silence = min(silence, s.closeTimeout)
	}
	return silence
}

// receive takes a frame, and says whether the connection leads nowhere any more.
func (s *session) receive(f frame) (broken bool) {
	s.mu.Lock()
	receive := s.protocol.receive
	if f.binary {
		receive = func(data []byte, _ time.Time) []delivery { return s.protocol.receiveBinary(data) }
	}
	s.inbox.put(receive(f.data, time.Now()))
	broken, unsent := s.protocol.broken, s.protocol.hasOutgoing()
	s.mu.Unlock()
	s.look()
	if unsent {
		s.running.Add(1)
		go func() { // Not here: a server may wait to be read before it reads.
			defer s.running.Done()
			s.flush(s.ctx)
		}()
	}
	return broken
}

// flush writes what is to be sent, if there is a session, and waits for it no longer than ctx. What cannot be
// written is sent again after the resume (spec FA-ANS-1).
func (s *session) flush(ctx context.Context) {
	if take(ctx, s.sending) != nil {
		return
	}
	s.mu.Lock()
	socket := s.socket
	var frames [][]byte
	if socket != nil {
		frames = s.protocol.outgoing()
	}
	if len(frames) == 0 {
		s.mu.Unlock()
		release(s.sending)
		return
	}
	socket.running.Add(1) // Under the lock: nothing is sent once the socket is let go.
	s.mu.Unlock()
	if socket.send(ctx, func() { release(s.sending) }, frames...) != nil && ctx.Err() == nil {
		s.mu.Lock()
		if s.socket == socket {
			s.mute = true
		}
		s.mu.Unlock()
		signal(s.failing)
	}
}
