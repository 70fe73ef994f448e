package match

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse reads what a person would type: a plain source (/posts/:path*), or the JSON of a
// source, of an object with source, has, missing and locale, or of an array of these.
// It looks at the form only; [Compile] tells whether the patterns are any good.
// The error is a [*PatternError].
func Parse(text string) ([]Pattern, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || strings.IndexByte(`{["`, trimmed[0]) < 0 {
		return []Pattern{{Source: text}}, nil
	}
	value, err := decodeJSON(trimmed)
	if err != nil {
		return nil, &PatternError{text, -1, err.Error()}
	}
	if _, isArray := value.([]any); !isArray {
		value = []any{value}
	}
	return patternsOf(text, value)
}

// ParseMatcher reads the JSON of a config.matcher and is as strict as Next.js: it is a source
// or an array of sources and objects, and an object outside of an array is refused.
// The error is a [*PatternError].
func ParseMatcher(text string) ([]Pattern, error) {
	value, err := decodeJSON(text)
	if err != nil {
		return nil, &PatternError{text, -1, err.Error()}
	}
	if source, ok := value.(string); ok {
		return []Pattern{{Source: source}}, nil
	}
	return patternsOf(text, value)
}

func patternsOf(text string, value any) ([]Pattern, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, &PatternError{text, -1, "must be a source or an array of sources and objects"}
	}
	patterns := make([]Pattern, 0, len(list))
	for i, v := range list {
		p, err := patternOf(v)
		if err != nil {
			return nil, &PatternError{text, -1, "item " + strconv.Itoa(i) + ": " + err.Error()}
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

func patternOf(v any) (Pattern, error) {
	if source, ok := v.(string); ok {
		return Pattern{Source: source}, nil
	}
	members, ok := v.(map[string]any)
	if !ok {
		return Pattern{}, errors.New("must be a source or an object")
	}
	if err := onlyKeys(members, "source", "has", "missing", "locale"); err != nil {
		return Pattern{}, err
	}
	var p Pattern
	if p.Source, ok = members["source"].(string); !ok {
		return Pattern{}, errors.New("source must be a string")
	}
	if locale, ok := members["locale"]; ok {
		if locale != false {
			return Pattern{}, errors.New("locale may only be false")
		}
		p.NoLocale = true
	}
	var err error
	if p.Has, err = conditionsOf(members, "has"); err != nil {
		return Pattern{}, err
	}
	p.Missing, err = conditionsOf(members, "missing")
	return p, err
}

func conditionsOf(members map[string]any, list string) ([]Condition, error) {
	v, ok := members[list]
	if !ok {
		return nil, nil
	}
	items, ok := v.([]any)
	if !ok {
		return nil, errors.New(list + " must be an array")
	}
	var conditions []Condition
	for i, item := range items {
		c, err := conditionOf(item)
		if err != nil {
			return nil, errors.New(list + "[" + strconv.Itoa(i) + "]: " + err.Error())
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}

func conditionOf(v any) (Condition, error) {
	members, ok := v.(map[string]any)
	if !ok {
		return Condition{}, errors.New("must be an object")
	}
	if err := onlyKeys(members, "type", "key", "value"); err != nil {
		return Condition{}, err
	}
	var c Condition
	for name, to := range map[string]*string{"type": &c.Type, "key": &c.Key, "value": &c.Value} {
		v, ok := members[name]
		if !ok {
			continue
		}
		if *to, ok = v.(string); !ok {
			return Condition{}, errors.New(name + " must be a string")
		}
	}
	if _, hasKey := members["key"]; hasKey && c.Type == "host" {
		return Condition{}, errors.New("a host takes no key")
	}
	return c, nil
}

func onlyKeys(members map[string]any, allowed ...string) error {
next:
	for key := range members {
		for _, a := range allowed {
			if key == a {
				continue next
			}
		}
		return errors.New("unknown key " + strconv.Quote(key) + ", allowed are " + strings.Join(allowed, ", "))
	}
	return nil
}

// decodeJSON reads one JSON value strictly: valid UTF-8, no name twice, nothing behind it.
func decodeJSON(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("is not valid UTF-8")
	}
	d := json.NewDecoder(strings.NewReader(text))
	v, err := decodeValue(d)
	if err != nil {
		return nil, errors.New("is not valid JSON: " + err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("has something behind its JSON")
	}
	return v, nil
}

func decodeValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		return decodeObject(d)
	}
	return t, nil
}

func decodeObject(d *json.Decoder) (any, error) {
	members := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string) // the decoder lets nothing else stand here
		if _, twice := members[name]; twice {
			return nil, errors.New("the name " + strconv.Quote(name) + " occurs twice")
		}
		if members[name], err = decodeValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return members, err
}
