package signet

import "time"

// A User is somebody who can sign in. Stores keep users; a session carries a copy of
// what it needs of one.
type User struct {
	// ID names the user for ever. It is text: stores make a random one where it is
	// empty, an application may bring its own.
	ID string

	// Name, Email and Image are what the session shows to the browser. Email is kept as
	// typed; stores look it up by [FoldEmail].
	Name, Email, Image string

	// EmailVerified is when the address was proved; zero means never.
	EmailVerified time.Time

	// Groups are the roles of the user, checked by protection rules.
	Groups []string

	// Disabled users cannot sign in. Setting it ends all their sessions.
	Disabled bool

	// Epoch counts how often all sessions of the user were ended at once. A session
	// remembers the epoch it was made in and is over when the user's is larger.
	Epoch int64

	// Created and Updated are set by whoever writes the user: stores own no clock.
	Created, Updated time.Time

	// Version makes an update compare-and-swap. Stores count it up from 1.
	Version int64
}

// An Account is one way to prove to be a user: a password, a Google subject, a passkey.
type Account struct {
	// UserID is whose account this is.
	UserID string

	// Provider and Subject together are unique. For passwords the subject is the folded
	// e-mail address.
	Provider, Subject string

	// Data belongs to the provider: a password hash, a public key. It never leaves the
	// server.
	Data []byte

	// Created and Updated are set by whoever writes the account.
	Created, Updated time.Time

	// Version makes an update compare-and-swap. Zero means not stored yet.
	Version int64
}

// By says how to look a user up: by ID or by Email, the first that is not empty.
type By struct {
	ID    string
	Email string
}
