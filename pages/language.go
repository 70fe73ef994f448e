package pages

import (
	"strconv"
	"strings"
)

// Bounds of what is read of an Accept-Language header; browsers send about 50 bytes.
const (
	languageBytes = 512
	languageWords = 32
)

// Language chooses "ko" or "en" from an Accept-Language header (RFC 9110 section 12.5.4):
// the one of the two with the higher weight, the first named if both weigh the same,
// and "en" if neither is named. Any header is safe to give; only its first 512 bytes and
// 32 entries count.
func Language(acceptLanguage string) string {
	if len(acceptLanguage) > languageBytes {
		acceptLanguage = acceptLanguage[:languageBytes]
	}
	best, most := "en", 0.0
	entries := strings.SplitN(acceptLanguage, ",", languageWords+1)
	for _, entry := range entries[:min(len(entries), languageWords)] {
		tag, params, _ := strings.Cut(entry, ";")
		lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if lang != "ko" && lang != "en" {
			continue
		}
		if q := weight(params); q > most {
			best, most = lang, q
		}
	}
	return best
}

// weight reads "q=0.8". No parameter means 1; one that cannot be read means 0, so that
// garbage never wins.
func weight(params string) float64 {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1
	}
	text, ok := strings.CutPrefix(strings.ToLower(params), "q=")
	if !ok || len(text) > len("0.000") || strings.Trim(text, "0123456789.") != "" {
		return 0
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || q > 1 {
		return 0
	}
	return q
}
