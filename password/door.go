package password

import (
	"container/list"
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// A door lets a bounded number of hashes run and a bounded number wait, first come, first
// served. A caller who needs several slots waits at the head until they are free, so that
// small ones behind it cannot starve it.
type door struct {
	slots    int
	room     int
	patience time.Duration

	mu      sync.Mutex // held to count, never while hashing
	taken   int
	running int
	line    list.List // of *turn
	refused uint64
}

type turn struct {
	need  int
	begin chan struct{} // closed once the slots are taken in this turn's name
}

// set fills in the defaults.
func (d *door) set(slots, room int, patience time.Duration) {
	d.slots, d.room, d.patience = slots, room, patience
	if slots <= 0 {
		// GOMAXPROCS rather than NumCPU: it knows the limits of a container.
		d.slots = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if room == 0 {
		d.room = 64
	}
	if patience <= 0 {
		d.patience = 2 * time.Second
	}
}

// enter returns once need slots are the caller's, who then owes a leave, or with an error.
func (d *door) enter(ctx context.Context, need int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("password: not begun: %w", err)
	}
	place, err := d.queue(need)
	if place == nil {
		return err
	}
	own := place.Value.(*turn)
	patience := time.NewTimer(d.patience)
	defer patience.Stop()
	select {
	case <-own.begin:
		return nil
	case <-ctx.Done():
		err = fmt.Errorf("password: waiting for a turn: %w", ctx.Err())
	case <-patience.C:
		err = ErrBusy
	}
	if d.abandon(place, err) {
		return err
	}
	if err == ErrBusy {
		return nil // the turn came together with the end of patience
	}
	d.leave(need)
	return err
}

// queue takes the slots at once (nil, nil), finds a place in the line, or refuses.
func (d *door) queue(need int) (*list.Element, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.line.Len() == 0 && d.taken+need <= d.slots {
		d.taken += need
		d.running++
		return nil, nil
	}
	if d.line.Len() >= d.room {
		d.refused++
		return nil, ErrBusy
	}
	return d.line.PushBack(&turn{need: need, begin: make(chan struct{})}), nil
}

// abandon leaves the line. It reports false if the turn has begun in the meantime.
func (d *door) abandon(place *list.Element, why error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-place.Value.(*turn).begin:
		return false
	default:
	}
	d.line.Remove(place)
	if why == ErrBusy {
		d.refused++
	}
	d.next() // it may have stood in the way of smaller ones
	return true
}

func (d *door) leave(need int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken -= need
	d.running--
	d.next()
}

// next begins the turns for which there is room. The caller holds mu.
func (d *door) next() {
	for first := d.line.Front(); first != nil; first = d.line.Front() {
		t := first.Value.(*turn)
		if d.taken+t.need > d.slots {
			return
		}
		d.taken += t.need
		d.running++
		d.line.Remove(first)
		close(t.begin)
	}
}

func (d *door) counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Counts{Refused: d.refused, Running: d.running, Waiting: d.line.Len()}
}
