package fastagency

import "sync"

// inbox holds what a conversation has for a user who reads at a pace of their own.
type inbox struct {
	arrived chan struct{} // has a token when something may have come
	room    chan struct{} // has a token when something may have been taken

	mu         sync.Mutex
	deliveries []delivery
	finished   bool
	end        error
}

func newInbox() *inbox {
	return &inbox{arrived: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put adds what the user is given. It never waits: who receives asks for room before.
func (b *inbox) put(deliveries []delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deliveries = append(b.deliveries, deliveries...)
	signal(b.arrived)
}

// finish adds the end, nil for one without an error.
func (b *inbox) finish(end error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finished, b.end = true, end
	signal(b.arrived)
}

// take returns the oldest delivery. Where there is none, finished says that none will come.
func (b *inbox) take() (d delivery, ok, finished bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.deliveries) == 0 {
		return delivery{err: b.end}, false, b.finished
	}
	d = b.deliveries[0]
	b.deliveries[0] = delivery{} // The array goes on for a while.
	b.deliveries = b.deliveries[1:]
	signal(b.room)
	return d, true, false
}

func (b *inbox) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.deliveries) >= messagesAhead
}

// signal leaves a token for whoever waits, or comes to wait.
func signal(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}
