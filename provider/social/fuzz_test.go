package social_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/signet-auth/signet/provider/social"
)

// Whatever a visitor posts as Apple's "user", a name comes out or none.
func FuzzAppleUser(f *testing.F) {
	for _, seed := range []string{"", `{"name":{"firstName":"Sora","lastName":"Kim"}}`, `{"name":{"firstName":"\ud800"}}`, `{"name":[]}`, `{`, "\x00", `{"name":{"firstName":1}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, user string) {
		if name := social.AppleName(user); strings.TrimSpace(name) != name || len(name) > len(user) {
			t.Errorf("%q", name)
		}
	})
}

// Whatever Discord says, the picture is at Discord.
func FuzzDiscordImage(f *testing.F) {
	f.Add("802345678901234567", "a_abc", "0")
	f.Add("1", "../../x", "")
	f.Add("", "?", "99999")
	f.Fuzz(func(t *testing.T, id, avatar, discriminator string) {
		image := social.DiscordImage(id, avatar, discriminator)
		u, err := url.Parse(image)
		if err != nil || image != "" && (u.Host != "cdn.discordapp.com" || u.RawQuery != "" || u.Fragment != "") {
			t.Errorf("%q", image)
		}
	})
}
