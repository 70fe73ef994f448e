package oauth2

import "time"

// ReadAnswer shows the token answer parser to its fuzz test.
func ReadAnswer(r Reply, now time.Time) (Answer, error) { return readAnswer(r, now) }

// Quote shows how a provider's text is written into a log.
var Quote = quote
