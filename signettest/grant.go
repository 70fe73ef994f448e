package signettest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// A grant is what one person has given to the client once.
type grant struct {
	person Person
	scopes []string
	query  url.Values // of the request for the code
	first  bool       // the person's first consent, or the first after it was taken back
	at     time.Time
	dead   bool
}

// A code is to be exchanged once.
type code struct {
	grant *grant
	ends  time.Time
	used  bool
}

type accessToken struct {
	grant *grant
	ends  time.Time // zero: never
}

type refreshToken struct {
	grant   *grant
	ends    time.Time // zero: never
	access  string    // given together with it
	spent   bool
	spentAt time.Time
	answer  reply // that it was spent for
}

// consent is the person's yes to what was asked.
func (p *Provider) consent(q url.Values) *grant {
	g := &grant{person: p.person, scopes: scopes(q.Get("scope")), query: q, first: true, at: p.now()}
	for _, old := range p.grants {
		if old.person.Subject == g.person.Subject && !old.dead {
			g.first = false
		}
	}
	p.grants = append(p.grants, g)
	return g
}

// endPerson ends all that a person has given.
func (p *Provider) endPerson(subject string) {
	for _, g := range p.grants {
		if g.person.Subject == subject {
			g.dead = true
		}
	}
}

// Withdraw ends all that person has given to the client, as they can do on the provider's
// own page.
func (p *Provider) Withdraw(person Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endPerson(person.Subject)
}

func (p *Provider) newCode(g *grant) string {
	name := "c0FAKE" + random(16)
	p.codes[name] = &code{grant: g, ends: p.now().Add(10 * time.Minute)}
	return name
}

// lives tells whether an access token opens anything.
func (p *Provider) lives(a *accessToken) bool {
	return a != nil && !a.grant.dead && (a.ends.IsZero() || p.now().Before(a.ends))
}

// newAccess makes an access token that looks like the sample and lives as the answer says.
func (p *Provider) newAccess(g *grant, body map[string]any) string {
	token := text(body["access_token"]) + random(12)
	a := &accessToken{grant: g}
	if life := p.lifetime(body); life > 0 {
		a.ends = p.now().Add(life)
	}
	p.access[token] = a
	body["access_token"] = token
	return token
}

// lifetime is that of the access token; it is written into the answer in the way the
// provider does, as number or as text.
func (p *Provider) lifetime(body map[string]any) time.Duration {
	written, ok := body["expires_in"]
	if ok && p.Lifetime > 0 {
		seconds := json.Number(asText(int(p.Lifetime / time.Second)))
		if _, isText := written.(string); isText {
			body["expires_in"] = seconds.String()
		} else {
			body["expires_in"] = seconds
		}
	}
	return seconds(body["expires_in"])
}

// newRefresh makes a refresh token for the answer.
func (p *Provider) newRefresh(g *grant, access string, body map[string]any, like string) string {
	token := like + random(12)
	life := seconds(body["refresh_token_expires_in"])
	if life == 0 {
		life = p.quirk.refreshLife
	}
	r := &refreshToken{grant: g, access: access}
	if life > 0 {
		r.ends = p.now().Add(life)
	}
	p.refresh[token] = r
	body["refresh_token"] = token
	return token
}

func seconds(v any) time.Duration {
	n, err := json.Number(text(v)).Int64()
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// random is n random bytes as text.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// join writes scopes as the sample does: an array, or text with blanks or commas.
func join(list []string, like any) any {
	if _, array := like.([]any); array {
		out := make([]any, len(list))
		for i, s := range list {
			out[i] = s
		}
		return out
	}
	if strings.Contains(text(like), ",") {
		return strings.Join(list, ",")
	}
	return strings.Join(list, " ")
}
