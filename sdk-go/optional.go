package fastagency

// Optional is the value of a field that may be absent, be null, or hold a value: the three are told apart.
// The zero Optional is an absent field.
type Optional[T any] struct {
	// Present says that the field is there.
	Present bool

	// Value is what it holds, nil for null.
	Value *T
}

// Some returns an Optional that holds a value.
func Some[T any](value T) Optional[T] {
	return Optional[T]{Present: true, Value: &value}
}

// Null returns an Optional that is there and null.
func Null[T any]() Optional[T] {
	return Optional[T]{Present: true}
}

// Get returns the value, and whether there is one.
func (o Optional[T]) Get() (value T, ok bool) {
	if o.Value == nil {
		return value, false
	}
	return *o.Value, true
}

// ValueOr returns what value points to, and fallback where the protocol has null.
func ValueOr[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}

func pointerTo[T any](value T) *T { return &value }
