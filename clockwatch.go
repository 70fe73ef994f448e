package signet

import "time"

// clockJump is how far the clock may move away from the time that really passed before the
// log hears of it.
const clockJump = 5 * time.Minute

// watchClock returns a function to be called now and then, by one goroutine. It compares
// the clock with the time that has passed since the call before, and tells the log of a
// jump: sessions end by the clock, so a wrong one signs people out early, or late. A
// machine that was suspended looks the same.
func (a *Auth) watchClock() (look func()) {
	wall, mark := a.world.Now().Round(0), time.Now() // without and with the monotonic reading
	return func() {
		now, passed := a.world.Now().Round(0), time.Since(mark)
		jump := now.Sub(wall) - passed
		wall, mark = now, time.Now()
		if jump.Abs() > clockJump {
			a.log.Warn("the clock jumped: sessions and one-time values end by it", "by", jump.Round(time.Second), "now", now.UTC())
		}
	}
}
