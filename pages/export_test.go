package pages

// What the tests look at from inside: every text, every code and the style.
var (
	English, Korean = &english, &korean
	Codes           = codes
	Style           = base + style + brands
	Brands          = brands
	Drawings        = drawings
)
