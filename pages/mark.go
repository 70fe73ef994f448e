package pages

import (
	"html/template"
	"strings"
)

// A mark tells a provider from the others before its name is read: a small drawing in its
// color, or the first letter of its name.
type mark struct {
	Name    string        // a key of drawings, or ""
	Drawing template.HTML // the shapes in a square of 24, or ""
	Letter  string
	Ground  string // the class of a button in the provider's color, or ""
}

// drawings are our own, of simple shapes, and no copies of the official artwork: class f
// is filled, class h is a line in the color of the ground, the rest is drawn with a pen.
// brands.css holds the colors.
var drawings = map[string]template.HTML{
	"apple":     `<path class="f" d="M12 8.4c1-.7 2.1-1.1 3.3-1 2.2.2 3.6 2 3.6 4.7 0 3.4-2.3 6.9-4.5 6.9-.9 0-1.5-.5-2.4-.5s-1.5.5-2.4.5c-2.2 0-4.5-3.5-4.5-6.9 0-2.7 1.4-4.5 3.6-4.7 1.2-.1 2.3.3 3.3 1z"/><path class="f" d="M12 7.200c-.1-2 1-3.5 2.8-4 .2 2-.9 3.6-2.8 4z"/>`,
	"discord":   `<path class="f" d="M7.4 7.300q4.6-1.7 9.2 0Q19.3 11.6 19 16q-1.7 1.3-3.7 1.800l-.8-1.500q-2.5.6-5 0l-.8 1.500Q6.7 17.3 5 16q-.3-4.4 2.4-8.700z"/><circle class="h" cx="9.6" cy="12.6" r="0.7"/><circle class="h" cx="14.4" cy="12.6" r="0.7"/>`,
	"facebook":  `<path d="M15.6 5.600h-1a2.8 2.8 0 0 0-2.8 2.800v10.400M8.8 11.800h6"/>`,
	"github":    `<path class="f" d="M6.2 5.2 9.4 7a10 10 0 0 1 5.2 0l3.2-1.800c.7 1.7.7 3.1.3 4.3.8 1 1.2 2.2 1.2 3.5 0 3.7-3.2 5.6-7.3 5.600S4.7 16.7 4.7 13c0-1.3.4-2.5 1.2-3.5-.4-1.2-.4-2.6.3-4.300z"/><circle class="h" cx="9.4" cy="13.2" r="0.6"/><circle class="h" cx="14.6" cy="13.2" r="0.6"/>`,
	"gitlab":    `<path class="f" d="m12 19-7.6-5.800L7 5.300l2.4 5.400h5.200L17 5.300l2.6 7.900z"/>`,
	"google":    `<path d="M16.6 8.300a6 6 0 1 0 1.4 4h-5.2"/>`,
	"kakao":     `<path class="f" d="M12 4.600c4.6 0 8.2 2.9 8.2 6.500s-3.6 6.5-8.2 6.500l-1.5-.1-3.7 2.8.7-3.700c-2.2-1.2-3.7-3.2-3.7-5.5 0-3.6 3.6-6.5 8.2-6.500z"/>`,
	"line":      `<path class="f" d="M12 5c4.5 0 8 2.6 8 6 0 4.2-5.4 7.2-8 9v-3c-4.5 0-8-2.6-8-6s3.5-6 8-6z"/><path class="h" d="M9.8 8.600v4.600h4"/>`,
	"linkedin":  `<path d="M7.4 11v6.400M7.4 7v.01M11.4 17.400V11M11.4 13.600a2.7 2.7 0 0 1 5.4 0v3.8"/>`,
	"microsoft": `<rect class="f" x="5.4" y="5.4" width="6" height="6" rx="0.4"/><rect class="f" x="12.6" y="5.4" width="6" height="6" rx="0.4"/><rect class="f" x="5.4" y="12.6" width="6" height="6" rx="0.4"/><rect class="f" x="12.6" y="12.6" width="6" height="6" rx="0.4"/>`,
	"naver":     `<path class="f" d="M6.5 6h3.700l3.6 5.300V6h3.700v12h-3.700l-3.6-5.300V18H6.500z"/>`,
	"slack":     `<path d="M9.7 5.600v12.800M14.3 5.600v12.800M5.6 9.700h12.800M5.6 14.300h12.8"/>`,
	"spotify":   `<path d="M6.2 9.300q6-1.7 11.6 1M7 12.700q5-1.3 9.6.9M7.8 15.900q4-.9 7.6.7"/>`,
	"twitch":    `<path d="M6.2 5.800h11.600v7.400l-3.2 3.200h-3l-2.4 2.400v-2.400h-3zM10.8 9v3.200M14.6 9v3.2"/>`,
	"x":         `<path d="m6.6 6.2 8.4 11.600h2.400L9 6.200zM17 6.200l-4.2 4.800M10.8 13.200l-4.2 4.6"/>`,
}

// alsoCalled are the IDs that Auth.js gives providers whose drawing has another name.
var alsoCalled = map[string]string{
	"azure-ad": "microsoft", "microsoft-entra-id": "microsoft", "entra": "microsoft", "twitter": "x",
}

// grounds are the marks whose color is that of the whole button, too: Korean readers look
// for yellow and green.
var grounds = map[string]string{"kakao": "on-kakao", "naver": "on-naver"}

// markOf finds the drawing by its name or else by the provider's ID.
func markOf(name, id, shown string) mark {
	if name == "" {
		name = id
	}
	name = strings.ToLower(name)
	if other, ok := alsoCalled[name]; ok {
		name = other
	}
	drawing, ok := drawings[name]
	if !ok {
		return mark{Letter: monogram(shown)}
	}
	return mark{Name: name, Drawing: drawing, Ground: grounds[name]}
}
