-- Times are milliseconds since 1970, UTC. No time at all is that of Go's zero time.

CREATE TABLE users (
	id       TEXT    NOT NULL PRIMARY KEY,
	folded   TEXT    UNIQUE, -- the address as it is looked up; NULL: none
	email    TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	image    TEXT    NOT NULL,
	verified INTEGER NOT NULL,
	groups   TEXT    NOT NULL, -- JSON array; empty: none
	disabled INTEGER NOT NULL,
	epoch    INTEGER NOT NULL,
	created  INTEGER NOT NULL,
	updated  INTEGER NOT NULL,
	version  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
	provider TEXT    NOT NULL,
	subject  TEXT    NOT NULL,
	user_id  TEXT    NOT NULL,
	created  INTEGER NOT NULL,
	updated  INTEGER NOT NULL,
	version  INTEGER NOT NULL,
	data     BLOB    NOT NULL,
	PRIMARY KEY (provider, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_of ON accounts (user_id);

-- The ID grows with time, so that new rows go to the right edge and share pages. There is
-- no index by expiry: each renewal would have to move an entry, and sweeping is rare.
CREATE TABLE sessions (
	id        INTEGER NOT NULL PRIMARY KEY,
	version   INTEGER NOT NULL,
	epoch     INTEGER NOT NULL,
	start     INTEGER NOT NULL,
	auth_time INTEGER NOT NULL,
	seen      INTEGER NOT NULL,
	expires   INTEGER NOT NULL,
	secret    BLOB    NOT NULL, -- SHA-256 of what is in the cookie; empty: cannot be opened
	handle    TEXT    NOT NULL,
	user_id   TEXT    NOT NULL,
	provider  TEXT    NOT NULL,
	agent     TEXT    NOT NULL,
	network   TEXT    NOT NULL,
	claims    BLOB    NOT NULL
) STRICT;

CREATE INDEX sessions_of ON sessions (user_id);

-- AUTOINCREMENT, since a follower remembers the last number it has seen: a number that
-- was swept away and given out again would be skipped.
CREATE TABLE revocations (
	number  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	session INTEGER NOT NULL, -- 0: it is about a user
	user_id TEXT    NOT NULL,
	epoch   INTEGER NOT NULL,
	at      INTEGER NOT NULL
) STRICT;

CREATE TABLE tickets (
	key     TEXT    NOT NULL PRIMARY KEY,
	uses    INTEGER NOT NULL, -- how many are left
	expires INTEGER NOT NULL,
	ends    INTEGER NOT NULL, -- until when it is remembered, at least expires
	value   BLOB    NOT NULL,
	after   BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- Triggers, so that the sessions of a user end with the user in the same transaction
-- whoever writes: also an administrator with a SQL shell. That one does not count up
-- version, and updated says nothing then; the clock of the machine has to do.
CREATE TRIGGER users_stopped AFTER UPDATE OF disabled, epoch ON users
WHEN NEW.epoch > OLD.epoch OR NEW.disabled > OLD.disabled
BEGIN
	-- Sealed sessions know their epoch and nothing else, so disabling has to move it.
	UPDATE users SET epoch = OLD.epoch + 1
		WHERE id = NEW.id AND NEW.epoch <= OLD.epoch;
	DELETE FROM sessions WHERE user_id = NEW.id;
	INSERT INTO revocations (session, user_id, epoch, at) VALUES (
		0, NEW.id,
		CASE WHEN NEW.epoch > OLD.epoch THEN NEW.epoch ELSE OLD.epoch + 1 END,
		CASE WHEN NEW.version > OLD.version THEN NEW.updated
			ELSE CAST(unixepoch('subsec') * 1000 AS INTEGER) END);
END;

-- The store raises the epoch to its end before it deletes, so that the trigger above has
-- done the rest, with the right date.
CREATE TRIGGER users_gone AFTER DELETE ON users
BEGIN
	DELETE FROM accounts WHERE user_id = OLD.id;
	DELETE FROM sessions WHERE user_id = OLD.id;
	INSERT INTO revocations (session, user_id, epoch, at)
		SELECT 0, OLD.id, 9223372036854775807, CAST(unixepoch('subsec') * 1000 AS INTEGER)
		WHERE OLD.epoch < 9223372036854775807;
END;
