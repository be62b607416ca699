package stats

import "context"

// Work lets a long computation be watched and stopped: its methods are the functions of the same names, which neither
// report nor stop. A stopped computation returns the error of its context.
type Work struct {
	Context  context.Context
	Progress func(done, total int) // called now and then, in the goroutine of the computation
}

// every is how many steps pass between two looks at the context.
const every = 256

// step is to be called before each of total steps.
func (w Work) step(done, total int) error {
	if done%every != 0 {
		return nil
	}
	if w.Progress != nil {
		w.Progress(done, total)
	}
	if w.Context != nil {
		return w.Context.Err()
	}
	return nil
}
