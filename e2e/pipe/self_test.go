package pipe_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestPipeSealsAndOpens(t *testing.T) {
	for _, format := range []string{"iron", "iron-data", "authjs", "authjs-v4", "jwt", "jwt-plain", "jwt-kid"} {
		t.Run(format, func(t *testing.T) {
			codec := `{"format":"` + format + `","cookie":"s","keys":[{"id":"1","secret":"kQ9vX2mB7pL4wZ8rT1nC6yH3sD5fG0jA"}]}`
			sealed := ask(t, `{"do":"seal","codec":`+codec+`,"claims":"{\"a\":1}","issued":1000,"expires":9000}`)
			if sealed.Value == "" {
				t.Fatalf("seal answered %+v", sealed)
			}
			opened := ask(t, `{"do":"open","codec":`+codec+`,"value":"`+sealed.Value+`","now":2000}`)
			if !strings.HasPrefix(opened.Claims, `{"a":1`) || opened.Expires != 9000 || opened.Key != "1" {
				t.Errorf("open answered %+v", opened)
			}
			late := ask(t, `{"do":"open","codec":`+codec+`,"value":"`+sealed.Value+`","now":99000}`)
			if late.Reason != "expired" {
				t.Errorf("open answered %+v, want expired", late)
			}
		})
	}
}

func TestPipeTellsFaults(t *testing.T) {
	for _, line := range []string{`{`, `{"do":"open","codec":{"format":"rot13"}}`, `{"do":"dance","codec":{"format":"iron"}}`} {
		if got := ask(t, line); got.Fault == "" {
			t.Errorf("%s: answered %+v, want a fault", line, got)
		}
	}
}

// ask sends one line through the pipe.
func ask(t *testing.T, line string) answer {
	t.Helper()
	var out bytes.Buffer
	if err := serve(strings.NewReader(line+"\n"), &out); err != nil {
		t.Fatal(err)
	}
	var got answer
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}
