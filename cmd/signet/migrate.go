package main

import (
	"context"
	"fmt"

	"github.com/signet-auth/signet/store/sqlite"
)

// migrateCmd brings the database up to date. Every verb that opens it does so too; this
// one is for doing it at a time of one's own, and for seeing what is to be done.
type migrateCmd struct {
	placeFlags
	DryRun bool `help:"Only show what is pending."`
	outputFlags
}

// A migration is what migrate found and did.
type migration struct {
	Database string   `json:"database"`
	Pending  []string `json:"pending"` // before it began
	Applied  bool     `json:"applied"`
}

// Run is the verb.
func (c *migrateCmd) Run(ctx context.Context, io *terminal) error {
	site, err := loadConfig(io, c.placeFlags)
	if err != nil {
		return err
	}
	m := migration{Database: site.database}
	if m.Pending, err = sqlite.Pending(ctx, m.Database); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if len(m.Pending) > 0 && !c.DryRun {
		store, err := sqlite.Open(ctx, m.Database, sqlite.Options{})
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if err := store.Close(); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		m.Applied = true
	}
	if c.JSON {
		m.Pending = append([]string{}, m.Pending...)
		return writeJSON(io.Out, m)
	}
	_, err = fmt.Fprint(io.Out, m)
	return err
}

func (m migration) String() string {
	if len(m.Pending) == 0 {
		return m.Database + " is up to date.\n"
	}
	s := m.Database + " needs:\n"
	if m.Applied {
		s = m.Database + " is up to date now. Applied:\n"
	}
	for _, name := range m.Pending {
		s += "  " + name + "\n"
	}
	return s
}
