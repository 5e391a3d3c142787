package fastagency

import "sync"

// observer tells a function of every change of a connection's state, one after the other and in order, whichever
// goroutine notices it. The function may call back into the conversation.
type observer struct {
	tell func(ConnectionState) // nil: nobody wants to know

	mu      sync.Mutex
	last    ConnectionState
	changes []ConnectionState
	telling bool
}

// look asks for the state, and tells of it when it is another than before.
func (o *observer) look(state func() ConnectionState) {
	if o.tell == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := state(); now != o.last {
		o.last = now
		o.changes = append(o.changes, now)
	}
	if o.telling {
		return // Whoever is telling goes on with this change.
	}
	o.telling = true
	for len(o.changes) > 0 {
		change := o.changes[0]
		o.changes = o.changes[1:]
		o.mu.Unlock()
		o.tell(change)
		o.mu.Lock()
	}
	o.telling = false
}
