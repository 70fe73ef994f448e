package social

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Settings are those of any provider of this package, for a configuration file.
type Settings struct {
	Options

	// ClientID and ClientSecret are what the company has given. Apple's secret is the text
	// of the key, with TeamID and KeyID, or a secret made beforehand.
	ClientID, ClientSecret string

	// TeamID and KeyID are Apple's.
	TeamID, KeyID string

	// Issuer is whom to ask where there is more than one: Entra's tenant, the address of a
	// GitLab or a GitHub Enterprise Server of your own. Of all others it has to be empty.
	Issuer string

	// Tenants may come in, at Entra.
	Tenants []string
}

// makers are in the order of [Names].
var makers = []struct {
	name string
	make func(Settings) *Provider
}{
	{"kakao", simple(Kakao)}, {"naver", simple(Naver)}, {"google", simple(Google)},
	{"github", func(s Settings) *Provider {
		base := strings.TrimSuffix(s.Issuer, "/login/oauth") // what it calls itself in Auth.js
		return GitHub(s.ClientID, s.ClientSecret, GitHubOptions{Options: s.Options, Base: base})
	}},
	{"apple", func(s Settings) *Provider { return Apple(s.apple(), s.Options) }},
	{"discord", simple(Discord)},
	{"microsoft-entra-id", entra}, {"azure-ad", entra},
	{"gitlab", func(s Settings) *Provider {
		return GitLab(s.ClientID, s.ClientSecret, GitLabOptions{Options: s.Options, Base: s.Issuer})
	}},
	{"facebook", func(s Settings) *Provider {
		return Facebook(s.ClientID, s.ClientSecret, FacebookOptions{Options: s.Options})
	}},
	{"line", simple(LINE)}, {"twitter", simple(X)}, {"x", simple(X)}, {"linkedin", simple(LinkedIn)},
	{"slack", simple(Slack)}, {"twitch", simple(Twitch)}, {"spotify", simple(Spotify)},
}

// others are the names whose providers are found in more than one place.
var others = []string{"github", "microsoft-entra-id", "azure-ad", "gitlab"}

func simple(f func(id, secret string, o ...Options) *Provider) func(Settings) *Provider {
	return func(s Settings) *Provider { return f(s.ClientID, s.ClientSecret, s.Options) }
}

// entra: whoever writes down an issuer for all tenants means all of them.
func entra(s Settings) *Provider {
	return Entra(s.ClientID, s.ClientSecret, EntraOptions{
		Options: s.Options, Tenants: s.Tenants, Issuer: s.Issuer, AnyTenant: s.Issuer != "" && len(s.Tenants) == 0,
	})
}

// apple tells a key from a secret made beforehand.
func (s Settings) apple() AppleKey {
	k := AppleKey{ClientID: s.ClientID, TeamID: s.TeamID, KeyID: s.KeyID}
	if strings.Contains(s.ClientSecret, "-----BEGIN") {
		k.PEM = strings.ReplaceAll(s.ClientSecret, `\n`, "\n") // as files of variables have it
	} else {
		k.Secret = s.ClientSecret
	}
	return k
}

// Names lists what [New] knows: the IDs of Auth.js, and x for twitter.
func Names() []string {
	names := make([]string, len(makers))
	for i, m := range makers {
		names[i] = m.name
	}
	return names
}

// New makes a provider by name. Its ID is the name, unless the options have another. The
// error also tells what [Provider.Check] would.
func New(name string, s Settings) (*Provider, error) {
	for _, m := range makers {
		if m.name != name {
			continue
		}
		if s.ID == "" {
			s.ID = name
		}
		if s.Issuer != "" && !slices.Contains(others, name) {
			return nil, fmt.Errorf("social: provider %q takes no issuer", name)
		}
		if s.ClientID == "" {
			return nil, fmt.Errorf("social: provider %q needs a client ID", name)
		}
		p := m.make(s)
		if err := p.Check(); err != nil {
			return nil, err
		}
		return p, nil
	}
	return nil, fmt.Errorf("social: there is no provider %q; there are %s", name, strings.Join(Names(), ", "))
}

// FromEnv makes a provider of the variables that Auth.js reads: AUTH_KAKAO_ID and
// AUTH_KAKAO_SECRET, for microsoft-entra-id AUTH_MICROSOFT_ENTRA_ID_ID and so on, and where
// there is a choice AUTH_GITLAB_ISSUER. AUTH_APPLE_TEAM_ID and AUTH_APPLE_KEY_ID go with a
// key of Apple's in AUTH_APPLE_SECRET. env is [os.Getenv]. found is false where there is no
// ID.
func FromEnv(name string, env func(string) string) (p *Provider, found bool, err error) {
	prefix := "AUTH_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) // @auth/core@0.41.3: lib/utils/env.js
	if !slices.Contains(Names(), name) {
		_, err := New(name, Settings{})
		return nil, false, err
	}
	s := Settings{ClientID: env(prefix + "_ID"), ClientSecret: env(prefix + "_SECRET")}
	if name == "apple" {
		s.TeamID, s.KeyID = env(prefix+"_TEAM_ID"), env(prefix+"_KEY_ID")
	}
	if slices.Contains(others, name) {
		s.Issuer = env(prefix + "_ISSUER")
	}
	if s.ClientID == "" {
		if s.ClientSecret != "" {
			return nil, false, errors.New("social: " + prefix + "_SECRET is set, and " + prefix + "_ID is not")
		}
		return nil, false, nil
	}
	p, err = New(name, s)
	if err != nil {
		return nil, true, fmt.Errorf("%w (from %s_ID)", err, prefix)
	}
	return p, true, nil
}
