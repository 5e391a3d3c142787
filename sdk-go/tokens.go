package fastagency

import "context"

// A channel of one is a lock that can be waited for with a context.

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
