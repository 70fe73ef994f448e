-- What is still to be done at providers. Few rows, each for some days at most.
CREATE TABLE errands (
	id     TEXT    NOT NULL PRIMARY KEY,
	kind   TEXT    NOT NULL,
	tries  INTEGER NOT NULL,
	due    INTEGER NOT NULL, -- when to try next; whoever takes it puts it off first
	until  INTEGER NOT NULL, -- when to give up
	sealed BLOB    NOT NULL  -- bound to id and kind
) STRICT, WITHOUT ROWID;

CREATE INDEX errands_due ON errands (due);
