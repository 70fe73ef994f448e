package cookie_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/cookie"
)

// vectors is testdata/chunks.json: chunked sessions as the packages of Auth.js wrote and
// read them. A member signet means that we differ on purpose.
type vectors struct {
	Cases []struct {
		ID, Kind, Version, Title string

		CookieName    string          `json:"cookie_name"`
		Length        int             `json:"new_value_length"`
		RequestBefore inOrder         `json:"request_cookies"`
		Plan          []plannedCookie `json:"expect_set_in_order"`

		RequestInOrder [][2]string `json:"request_cookies_in_order"`
		Value          *string     `json:"expect_value"`
		Cleared        []string    `json:"expect_cleared"`

		Salt         string
		Cookies      map[string]string
		CookieNames  []string `json:"cookie_names"`
		ChunkLengths []int    `json:"chunk_lengths"`
		Expect       string

		Signet map[string]any
	}
}

type plannedCookie struct {
	Name   string
	Length int
	Clear  bool
}

// inOrder is a JSON object of texts as pairs name=value, in the order of the file.
type inOrder []string

func (o *inOrder) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil { // {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		*o = append(*o, fmt.Sprint(name, "=", value))
	}
	return nil
}

var chunkSize = map[string]int{"v4": cookie.ChunkV4, "v5": cookie.ChunkV5}

func TestPlanVectors(t *testing.T) {
	ran := 0
	for _, v := range readJSON[vectors](t, "testdata/chunks.json").Cases {
		if v.Kind != "chunk-plan" {
			continue
		}
		ran++
		t.Run(v.ID+" "+v.Title, func(t *testing.T) {
			had := read(t, strings.Join(v.RequestBefore, "; ")).Family(v.CookieName)
			value := strings.Repeat("x", v.Length-1) + "y"
			plan, err := cookie.Plan(v.CookieName, value, had, chunkSize[v.Version])
			if err != nil {
				t.Fatal(err)
			}
			var got []plannedCookie
			var joined strings.Builder
			for _, w := range plan {
				got = append(got, plannedCookie{w.Name, len(w.Value), w.Clear})
				joined.WriteString(w.Value)
			}
			if !slices.Equal(got, v.Plan) {
				t.Errorf("Plan = %v\n want %v", got, v.Plan)
			}
			if joined.String() != value {
				t.Error("the planned cookies do not hold the value")
			}
		})
	}
	if ran == 0 {
		t.Fatal("no chunk-plan vectors")
	}
}

func TestChunkedReadVectors(t *testing.T) {
	ran := 0
	for _, v := range readJSON[vectors](t, "testdata/chunks.json").Cases {
		if v.Kind != "chunk-read" {
			continue
		}
		ran++
		t.Run(v.ID+" "+v.Title, func(t *testing.T) {
			want, cleared := v.Value, v.Cleared
			if value, ok := v.Signet["expect_value"]; ok {
				want = nil
				if text, ok := value.(string); ok {
					want = &text
				}
			}
			if names, ok := v.Signet["expect_cleared"].([]any); ok {
				cleared = nil
				for _, name := range names {
					cleared = append(cleared, name.(string))
				}
			}
			var pairs []string
			for _, p := range v.RequestInOrder {
				pairs = append(pairs, p[0]+"="+p[1])
			}
			j := read(t, strings.Join(pairs, "; "))

			got, err := j.Chunked(v.CookieName)
			switch {
			case want == nil && (err == nil || got.Value != ""):
				t.Errorf("Chunked = %q, %v, want an error", got.Value, err)
			case want != nil && (err != nil || got.Value != *want):
				t.Errorf("Chunked = %q, %v, want %q", got.Value, err, *want)
			}
			if !slices.Equal(got.Names, cleared) {
				t.Errorf("Names = %v, want %v", got.Names, cleared)
			}
			if names := j.Family(v.CookieName); !slices.Equal(names, cleared) {
				t.Errorf("Family = %v, want %v", names, cleared)
			}
		})
	}
	if ran == 0 {
		t.Fatal("no chunk-read vectors")
	}
}

func TestChunkedCookieVectors(t *testing.T) {
	ran := 0
	for _, v := range readJSON[vectors](t, "testdata/chunks.json").Cases {
		if v.Kind != "chunked-cookie" {
			continue
		}
		ran++
		t.Run(v.ID+" "+v.Title, func(t *testing.T) {
			if v.Cookies == nil { // only the lengths of what is refused are kept
				v.Cookies = map[string]string{}
				for i, name := range v.CookieNames {
					v.Cookies[name] = strings.Repeat("x", v.ChunkLengths[i])
				}
			}
			base, _, _ := strings.Cut(slices.Sorted(maps.Keys(v.Cookies))[0], ".0")
			var whole string
			var pairs []string // map order, which changes from run to run
			for i := range v.ChunkLengths {
				whole += v.Cookies[fmt.Sprint(base, ".", i)]
			}
			for name, value := range v.Cookies {
				pairs = append(pairs, name+"="+value)
			}
			var got cookie.Chunked
			jar, err := cookie.Read(map[string][]string{"Cookie": pairs})
			if err == nil {
				got, err = jar.Chunked(base)
			}
			plan, planErr := cookie.Plan(base, whole, nil, chunkSize[v.Version])
			if v.Signet["expect"] == "reject" {
				if err == nil || planErr == nil {
					t.Errorf("Chunked error = %v, Plan error = %v, want both refused", err, planErr)
				}
				return
			}
			if err != nil || planErr != nil || got.Value != whole {
				t.Fatalf("Chunked = %d octets, %v, Plan error = %v, want %d octets", len(got.Value), err, planErr, len(whole))
			}
			for i, w := range plan {
				if w.Clear || w.Name != fmt.Sprint(base, ".", i) || w.Value != v.Cookies[w.Name] || len(w.Value) != v.ChunkLengths[i] {
					t.Errorf("write %d = %s with %d octets, not as Auth.js split it", i, w.Name, len(w.Value))
				}
			}
			if len(plan) != len(v.Cookies) {
				t.Errorf("Plan has %d cookies, want %d", len(plan), len(v.Cookies))
			}
		})
	}
	if ran == 0 {
		t.Fatal("no chunked-cookie vectors")
	}
}
