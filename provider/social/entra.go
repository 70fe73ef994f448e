package social

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
	"github.com/signet-auth/signet/provider/oidc"
)

// PersonalAccounts is the tenant of those who have a Microsoft account of their own.
const PersonalAccounts = "9188040d-6c67-4c5b-b112-36a304b66dad"

// EntraOptions are [Options], and who may come in: Tenants, AnyTenant, or an Issuer of one
// tenant has to be set.
type EntraOptions struct {
	Options

	// Tenants are IDs of tenants, like 11111111-2222-3333-4444-555555555555, and not their
	// domains. Of a single one the sign-in page knows as well.
	Tenants []string

	// AnyTenant lets in everybody whom Microsoft knows, whoever administers them.
	AnyTenant bool

	// Issuer is the setting of Auth.js, https://login.microsoftonline.com/<tenant>/v2.0. In
	// place of the ID of a tenant there may be common, organizations or consumers. Empty
	// means what Tenants says, or common.
	Issuer string

	// TrustDirectory takes addresses of a single tenant as verified, though Microsoft does
	// not say so: its administrators are ours.
	TrustDirectory bool
}

// Entra signs in with Microsoft Entra ID, once Azure AD. An address is whatever an
// administrator has typed, and verified only where the token has the optional claim
// xms_edov, which the app has to ask for in its registration.
//
// The subject belongs to this app alone; tid and oid of the Profile name the person in all
// apps.
func Entra(id, secret string, o ...EntraOptions) *Provider {
	options := last(o)
	c := oidc.Config{
		ID: "microsoft-entra-id", Name: "Microsoft", Mark: "microsoft",
		ClientID: id, ClientSecret: secret, Auth: oauth2.AuthPost,
		Scopes:      []string{"openid", "profile", "email", "offline_access", "User.Read"},
		TrustEmail:  true,
		Renewal:     oauth2.Repeatable, // the one before stays good
		RefreshLife: 90 * 24 * time.Hour,
	}
	options.place(&c)
	single := c.Discovery == ""
	c.Profile = func(_ context.Context, who oidc.Person) (signet.Identity, error) {
		id := who.Identity()
		given := who.Claims.At("/xms_edov")
		id.EmailVerified = ownsDomain(given) || given == nil && single && options.TrustDirectory
		id.Image = "" // only Graph has one, as bytes
		return id, nil
	}
	p := openID(c, options.Options)
	if p.fault == nil {
		p.fault = options.check(single)
	}
	return p
}

// check says what is missing or mistaken about tenants.
func (o EntraOptions) check(single bool) error {
	if !single && len(o.Tenants) == 0 && !o.AnyTenant {
		return errors.New("social: Entra needs to know who may come in: tenants by their IDs, or an issuer")
	}
	for _, t := range o.Tenants {
		if len(t) != len(PersonalAccounts) || strings.Count(t, "-") != 4 {
			return errors.New("social: Entra's tenants are IDs like " + PersonalAccounts + ", not domains")
		}
	}
	return nil
}

// place finds the issuer: one of its own for a tenant, or one with a place for the tenant.
func (o EntraOptions) place(c *oidc.Config) {
	issuer := strings.TrimRight(o.Issuer, "/")
	tenants := make([]string, len(o.Tenants))
	for i, t := range o.Tenants {
		tenants[i] = strings.ToLower(t)
	}
	if issuer == "" {
		tenant := "common"
		if len(tenants) == 1 && !o.AnyTenant {
			tenant = tenants[0]
		}
		issuer = "https://login.microsoftonline.com/" + tenant + "/v2.0"
	}
	base := strings.TrimSuffix(issuer, "/v2.0")
	slash := strings.LastIndexByte(base, '/')
	switch base[slash+1:] {
	case "common", "organizations":
		c.Issuer = base[:slash] + "/{tenantid}/v2.0"
		c.Discovery = issuer + "/.well-known/openid-configuration"
		c.Tenants, c.AnyTenant = tenants, o.AnyTenant
	case "consumers":
		c.Issuer = base[:slash+1] + PersonalAccounts + "/v2.0"
	default:
		c.Issuer = issuer
	}
}

// ownsDomain reads xms_edov, which tokens have in three spellings. Anything else, and
// nothing, is no.
func ownsDomain(edov []byte) bool {
	return slices.Contains([]string{"true", "1", `"1"`}, string(edov))
}
