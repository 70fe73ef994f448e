package signettest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// The file is vectors/providers.json of the project, unchanged: its "checked" member says
// what it was compared with.
//
//go:embed testdata/providers.json
var providersJSON []byte

// A sample is an answer as a provider gives it.
type sample struct {
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
	Body        any    `json:"body"`
}

// A vector is what is known of one provider.
type vector struct {
	ID                    string            `json:"id"`
	Aliases               []string          `json:"aliases"`
	Kind                  string            `json:"kind"`
	Issuer                string            `json:"issuer"`
	Discovery             any               `json:"discovery"`
	DiscoveryDocument     map[string]any    `json:"discovery_document"`
	Endpoints             map[string]any    `json:"endpoints"`
	Scopes                []string          `json:"scopes"`
	PKCE                  string            `json:"pkce"`
	ClientAuth            []string          `json:"client_auth"`
	TokenResponse         sample            `json:"token_response"`
	TokenResponseVariants map[string]sample `json:"token_response_variants"`
	TokenError            sample            `json:"token_error"`
	TokenErrorVariants    map[string]sample `json:"token_error_variants"`
	Refresh               struct {
		Rotation           string  `json:"rotation"`
		Response           sample  `json:"response"`
		ResponseNearExpiry *sample `json:"response_near_expiry"`
		Error              sample  `json:"error"`
	} `json:"refresh"`
	IDToken *struct {
		Header map[string]any `json:"header"`
		Claims map[string]any `json:"claims"`
	} `json:"id_token"`
	IDTokenVariants  map[string]map[string]any `json:"id_token_variants"`
	Userinfo         *sample                   `json:"userinfo"`
	UserinfoVariants map[string]sample         `json:"userinfo_variants"`
	Extra            map[string]sample         `json:"extra"`
}

// findVector reads the file anew, so that every provider has its own copy. Numbers stay as
// they are written: identifiers are longer than a float is exact.
func findVector(t testing.TB, id string) vector {
	t.Helper()
	var file struct{ Providers []vector }
	d := json.NewDecoder(bytes.NewReader(providersJSON))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		t.Fatalf("signettest: providers.json: %v", err)
	}
	var known []string
	for _, v := range file.Providers {
		if v.ID == id || slices.Contains(v.Aliases, id) {
			return v
		}
		known = append(known, v.ID)
	}
	t.Fatalf("signettest: no provider %q; there are %s", id, strings.Join(known, ", "))
	return vector{}
}

// named finds an answer by its name in the file.
func (v vector) named(name string) (sample, bool) {
	for _, m := range []map[string]sample{v.TokenResponseVariants, v.TokenErrorVariants, v.UserinfoVariants, v.Extra} {
		if s, ok := m[name]; ok {
			return s, true
		}
	}
	return sample{}, false
}

// personNames are those of the people in the file, but for the first.
func (v vector) personNames() []string {
	names := slices.Collect(maps.Keys(v.IDTokenVariants))
	for name, s := range v.UserinfoVariants {
		if _, ok := s.Body.(map[string]any); ok && s.Status == 200 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// clone copies JSON as it was decoded.
func clone[T any](v T) T {
	c, _ := cloneAny(any(v)).(T)
	return c
}

func cloneAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return map[string]any(nil)
		}
		c := make(map[string]any, len(v))
		for k, member := range v {
			c[k] = cloneAny(member)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, member := range v {
			c[i] = cloneAny(member)
		}
		return c
	}
	return v
}
