package signet

// DerivedKeys are the keys that are made of a secret beside those of cookies, by label.
func DerivedKeys(secret string) map[string]string {
	keys := map[string]string{}
	for _, label := range []string{labelCSRF, labelDevice} {
		k, err := subkeys([]string{secret}, label)
		if err != nil {
			panic(err)
		}
		keys[label] = string(k[0])
	}
	return keys
}

// CanonicalOrigin is a window for its fuzz test.
var CanonicalOrigin = canonicalOrigin

// ReturnTo is what an Auth makes of a return target.
func (a *Auth) ReturnTo(own, value string) (string, bool) { return a.returnTo(own, value) }

// ParseKey takes the cookie of a stored session apart.
func ParseKey(value string) (SessionID, [32]byte, bool) { return parseKey(value) }
