package gateway

import (
	"net/http"
	"strings"
)

// Names of headers as a careless server reads them: CGI and its heirs turn "-" into "_",
// some frameworks take "." for either.

// fold writes a header name the way in which X-Signet-User, x_signet_user and X.Signet.User
// are the same.
func fold(name string) string {
	name = lower(name)
	if strings.ContainsAny(name, "_.") {
		name = strings.NewReplacer("_", "-", ".", "-").Replace(name)
	}
	return name
}

// lower is strings.ToLower, and a table for the names that answers usually have: each would
// be an allocation at each request.
func lower(name string) string {
	if known, ok := lowered[name]; ok {
		return known
	}
	return strings.ToLower(name)
}

var lowered = func() map[string]string {
	m := map[string]string{}
	for name := range words(`Accept-Ranges Access-Control-Allow-Origin Age Alt-Svc Cache-Control Connection Content-Disposition
		Content-Encoding Content-Language Content-Length Content-Location Content-Range Content-Security-Policy Content-Type
		Cross-Origin-Opener-Policy Cross-Origin-Resource-Policy Date Etag Expires Keep-Alive Last-Modified Link Location
		Permissions-Policy Pragma Referrer-Policy Retry-After Server Set-Cookie Strict-Transport-Security Trailer
		Transfer-Encoding Vary Www-Authenticate X-Content-Type-Options X-Frame-Options X-Powered-By X-Request-Id X-Xss-Protection`) {
		m[name] = strings.ToLower(name)
	}
	return m
}()

// hop are the headers of one connection and not of the request. RFC 9110 section 7.6.1.
var hop = words(`connection keep-alive proxy-connection proxy-authenticate proxy-authorization
	te trailer transfer-encoding upgrade http2-settings`)

// everyday are the headers, canonical, that most requests have and that mean no more than
// they say: they need no closer look.
var everyday = words(`Accept Accept-Encoding Accept-Language Authorization Cache-Control Content-Length Content-Type Cookie
	Dnt If-Match If-Modified-Since If-None-Match If-Range If-Unmodified-Since Origin Pragma Priority Range Referer
	Sec-Ch-Ua Sec-Ch-Ua-Mobile Sec-Ch-Ua-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User
	Sec-Websocket-Extensions Sec-Websocket-Key Sec-Websocket-Protocol Sec-Websocket-Version
	Upgrade-Insecure-Requests User-Agent`)

// onlyOurs are header names, folded, that only a gateway may use towards a server. What a
// client sends under one of them is removed.
var onlyOurs = words(`
	forwarded forwarded-for forwarded-proto x-forwarded x-real-ip x-client-ip x-cluster-client-ip
	true-client-ip client-ip cf-connecting-ip cf-connecting-ipv6 fastly-client-ip x-originating-ip
	x-remote-ip x-remote-addr remote-addr x-proxyuser-ip x-appengine-user-ip via
	x-original-url x-original-uri x-original-host x-original-method x-original-to x-rewrite-url x-rewrite-uri
	x-http-method x-http-method-override x-method-override x-http-host-override x-host x-host-override
	x-url-scheme x-scheme x-forward-proto front-end-https x-https x-arr-ssl x-proxy-url request-uri path-info script-name
	proxy base-url destination-url
	remote-user remote-name remote-email remote-groups remote-group remote-ident
	x-user x-user-id x-user-email x-user-groups x-user-roles x-groups x-roles
	x-authenticated-user x-authenticated-userid x-authenticated-email x-authenticated-groups
	x-matched-path x-now-route-matches next-resume x-prerender-revalidate x-prerender-bypass x-next-revalidated-tags
	x-next-revalidate-tag-token x-next-page-path x-nextjs-postponed
	x-client-cert client-cert client-cert-chain x-ssl-cert ssl-cert
`)

// onlyOursPrefixes are beginnings of such names: families whose members nobody can list.
var onlyOursPrefixes = []string{
	"x-signet-", "x-forwarded-", "x-auth-request-", "x-remote-user", "x-remote-group", "x-remote-extra", "x-remote-name", "x-remote-email",
	"x-webauth-", "x-pomerium-", "x-vouch-", "x-authentik-", "x-token-", "x-goog-authenticated-user-", "x-goog-iap-", "x-amzn-oidc-",
	"x-ms-client-principal", "x-ms-token-", "cf-access-", "x-middleware-", "x-invoke-", "x-vercel-", "x-envoy-",
	"ssl-client-", "x-ssl-client-", "x-tls-client-", "impersonate-",
}

// isOurs tells whether a folded name is one of ours.
func isOurs(folded string) bool {
	return onlyOurs[folded] || hasAnyPrefix(folded, onlyOursPrefixes...)
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// maxListed is how many names the header Connection may list. Real ones have one or two.
const maxListed = 32

// hops are the names that a message declares to be of its connection alone, canonical.
func hops(h http.Header) []string {
	var names []string
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, http.CanonicalHeaderKey(name))
			}
		}
	}
	return names
}
