package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
)

// ourFormats are the codecs, with what opening ought to reach in each.
var ourFormats = []struct {
	name string
	make seal.Make
	aims []aim
}{
	{"v5", authjs.V5, []aim{{ns: 2500}, {peer: "go-jose", times: 6}, {limits: 1.5}, {allocs: 2}}},
	{"v4", authjs.V4, []aim{{peer: "go-jose", times: 11}, {limits: 1.5}, {allocs: 2}}},
	{"HS256", jwt.HS256, []aim{{peer: "golang-jwt", times: 6.5}, {limits: 1.5}, {allocs: 2}}},
	{"iron", iron.New, []aim{{peer: "iron-session", times: 60}, {limits: 1.5}, {allocs: 2}}},
}

func ourRows(values map[string]string) (rows []*row, err error) {
	for _, f := range ourFormats {
		codec, err := f.make(seal.Secrets(secret), cookieV5)
		if err != nil {
			return nil, err
		}
		value, cached := values[f.name], seal.Cached(codec, 1024)
		add := func(work, name string, aims []aim, op func(*result) error) {
			rows = append(rows, &row{format: f.name, work: work, name: "signet: " + name, side: ours, aims: aims, op: op})
		}
		add("open", "bytes", f.aims, open(codec, value))
		add("open", "views by Pick", nil, openViews(codec, value))
		add("open", "texts by Members", nil, openTexts(codec, value))
		add("open", "struct by encoding/json", nil, openStruct(codec, value))
		add("open", "bytes, cached", []aim{{ns: 400}, {allocs: 2}}, open(cached, value))
		add("open", "struct, cached", nil, openStruct(cached, value))
		add("seal", "bytes", []aim{{limits: 1.5}}, func(got *result) error {
			now := time.Now()
			got.value, err = codec.Seal([]byte(claims), seal.Life{Issued: now, Expires: now.Add(24 * time.Hour)})
			return err
		})
	}
	return rows, nil
}

func open(codec seal.Codec, value string) func(*result) error {
	return func(got *result) error {
		opened, err := codec.Open(value, time.Now())
		got.claims = opened.Claims
		return err
	}
}

// openViews finds what a request is judged by, and decodes none of it.
func openViews(codec seal.Codec, value string) func(*result) error {
	names := []string{"sub", "name", "email", "picture"}
	return func(got *result) error {
		opened, err := codec.Open(value, time.Now())
		if err != nil {
			return err
		}
		var found [4][]byte
		if err := seal.Pick(opened.Claims, names, found[:]); err != nil {
			return err
		}
		if found[2] == nil {
			return errors.New("no email")
		}
		got.claims = opened.Claims
		return nil
	}
}

// openTexts reads a session as package signet does: every member is seen, what names the
// user becomes text.
func openTexts(codec seal.Codec, value string) func(*result) error {
	return func(got *result) error {
		opened, err := codec.Open(value, time.Now())
		if err != nil {
			return err
		}
		var s session
		var rest int
		err = seal.Members(opened.Claims, func(name string, raw []byte) error {
			switch name {
			case "sub":
				s.Subject, _ = seal.String(raw)
			case "name":
				s.Name, _ = seal.String(raw)
			case "email":
				s.Email, _ = seal.String(raw)
			case "picture":
				s.Picture, _ = seal.String(raw)
			default:
				rest += len(raw)
			}
			return nil
		})
		if rest == 0 {
			return errors.New("no other members")
		}
		got.email = s.Email
		return err
	}
}

func openStruct(codec seal.Codec, value string) func(*result) error {
	return func(got *result) error {
		opened, err := codec.Open(value, time.Now())
		if err != nil {
			return err
		}
		var s session
		if err := json.Unmarshal(opened.Claims, &s); err != nil {
			return fmt.Errorf("claims: %w", err)
		}
		got.email = s.Email
		return nil
	}
}
